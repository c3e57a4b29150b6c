/// The file of a capture: what was there before stays until the new one can take its place.
#pragma once

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

namespace sim {

/// Writes "NAME.PID.part" beside the file, which take_place() and keep() give the file's name. Without one of
/// them it goes away. What is no regular file (a pipe, a device) is written as it stands.
class CaptureOutput {
public:
    /// throws   CaptureError when it cannot be written
    explicit CaptureOutput(const std::string& name);
    ~CaptureOutput();
    CaptureOutput(const CaptureOutput&) = delete;
    CaptureOutput& operator=(const CaptureOutput&) = delete;

    [[nodiscard]] std::ostream& stream() { return stream_; }
    /// What was handed to the operating system replaces what was there; all that follows goes there, too.
    /// Does not touch the stream: somebody else's thread may write it.
    /// throws   CaptureError when the file cannot be written; then it is what it was
    void take_place();
    /// Everything is written. Nothing more can be.
    /// throws   CaptureError when the file cannot be written; then it is what it was
    void keep();

private:
    void open();
    [[noreturn]] void refuse() const;

    std::string name_;
    std::filesystem::path file_; ///< behind symbolic links
    std::filesystem::path part_; ///< empty: none is needed, or it has its name
    std::ofstream stream_;
};

} // namespace sim
