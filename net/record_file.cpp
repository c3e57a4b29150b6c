#include "net/record_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

namespace net {

namespace {

constexpr int names_max = 100; ///< of one second

} // namespace

RecordFile::RecordFile(const std::filesystem::path& directory, const std::string& stem)
{
    for (int number = 1; number <= names_max && !buffer_.file; ++number) {
        path_ = directory / (stem + (number == 1 ? "" : "-" + std::to_string(number)) + ".jsonl");
        constexpr int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        buffer_.file = Descriptor(::open(path_.c_str(), how, S_IRUSR | S_IWUSR));
        if (!buffer_.file && errno != EEXIST) break;
    }
    if (!buffer_.file) throw RecordError(path_.string() + " cannot be made: " + std::strerror(errno));
}

std::string RecordFile::trouble() const
{
    return buffer_.error == 0 ? std::string{} : std::strerror(buffer_.error);
}

void RecordFile::sync()
{
    if (::fsync(buffer_.file.get()) != 0)
        throw RecordError(path_.string() + " is not on the disk: " + std::strerror(errno));
}

std::streamsize RecordFile::Buffer::xsputn(const char* text, std::streamsize size)
{
    std::streamsize written = 0;
    while (written < size) {
        const ssize_t part = ::write(file.get(), text + written, static_cast<std::size_t>(size - written));
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) {
            error = part < 0 ? errno : ENOSPC;
            break;
        }
        written += part;
        bytes += static_cast<std::uint64_t>(part);
    }
    return written;
}

RecordFile::Buffer::int_type RecordFile::Buffer::overflow(int_type character)
{
    const char one = traits_type::to_char_type(character);
    return xsputn(&one, 1) == 1 ? character : traits_type::eof();
}

} // namespace net
