#pragma once

#include "net/recorder.hpp"
#include "sim/capture.hpp"
#include "tests/support/wire.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace test {

/// A folder for captures with the key of their test card numbers; gone with all that is in it.
class RecordFolder {
public:
    RecordFolder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-record-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
        std::ofstream(key_file()) << std::string(64, '4');
        std::filesystem::permissions(key_file(), std::filesystem::perms(0600));
    }
    ~RecordFolder() { std::filesystem::remove_all(path_); }
    RecordFolder(const RecordFolder&) = delete;
    RecordFolder& operator=(const RecordFolder&) = delete;

    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }
    [[nodiscard]] std::filesystem::path key_file() const { return file("captures.key"); }
    [[nodiscard]] net::RecordConfig config() const
    {
        net::RecordConfig config;
        config.directory = path_;
        config.key_file = key_file();
        return config;
    }

private:
    std::filesystem::path path_;
};

inline std::string text_of_file(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A record's message as the server saw it, apart from what the capture does not keep.
inline codec::Message message_of(const sim::CaptureRecord& record)
{
    const auto bytes = sim::wire_of(wire::ascii(), record);
    codec::Message message = codec::decode(wire::ascii(), bytes).value();
    message.own();
    return message;
}

} // namespace test
