#pragma once

#include "net/descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string>

namespace net {

/// What was asked of the recorder cannot be done, or the disk refuses; what() is one line, for people.
struct RecordError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The file of a recording. What is written to its stream goes to the operating system at once; the stream
/// fails when the system refuses.
class RecordFile {
public:
    /// Makes a new file for this user only: STEM.jsonl, or STEM-2.jsonl and so on where one is there already.
    /// throws   RecordError
    RecordFile(const std::filesystem::path& directory, const std::string& stem);

    [[nodiscard]] std::ostream& stream() { return stream_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::uint64_t bytes() const { return buffer_.bytes; }
    /// Why the stream has failed; empty: it has not.
    [[nodiscard]] std::string trouble() const;
    /// Everything is on the disk when it returns.
    /// throws   RecordError
    void sync();

private:
    struct Buffer : std::streambuf {
        std::streamsize xsputn(const char* text, std::streamsize size) override;
        int_type overflow(int_type character) override;

        Descriptor file;
        std::uint64_t bytes = 0;
        int error = 0;
    };

    std::filesystem::path path_;
    Buffer buffer_;
    std::ostream stream_{&buffer_};
};

} // namespace net
