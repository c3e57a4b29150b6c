#include "sim/capture_output.hpp"

#include "net/capture_writer.hpp"

#include <system_error>

#include <unistd.h>

namespace sim {

namespace fs = std::filesystem;

CaptureOutput::CaptureOutput(const std::string& name) : name_(name), file_(name)
{
    std::error_code ignored;
    const fs::file_status status = fs::status(name, ignored);
    if (fs::exists(status)) file_ = fs::canonical(name, ignored);
    if (!fs::exists(status) || fs::is_regular_file(status))
        part_ = file_.string() + "." + std::to_string(::getpid()) + ".part";
    open();
    if (!part_.empty() && fs::exists(status)) fs::permissions(part_, status.permissions(), ignored);
}

CaptureOutput::~CaptureOutput()
{
    std::error_code ignored;
    if (!part_.empty()) fs::remove(part_, ignored);
}

void CaptureOutput::open()
{
    stream_.open(part_.empty() ? file_ : part_, std::ios::binary);
    if (stream_) return;
    part_.clear();
    refuse();
}

void CaptureOutput::keep()
{
    stream_.close();
    if (!stream_) refuse();
    take_place();
}

void CaptureOutput::take_place()
{
    if (part_.empty()) return;
    std::error_code error;
    fs::rename(part_, file_, error);
    if (error) refuse();
    part_.clear();
}

void CaptureOutput::refuse() const
{
    throw net::CaptureError(name_ + ": cannot be written");
}

} // namespace sim
