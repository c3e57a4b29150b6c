#include "sim/settlement_folder.hpp"

#include "net/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sim {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path)
{
    throw SettlementNotWritten(path.string() + ": " + std::generic_category().message(errno));
}

/// On the disk, and only its owner can read it; gone at the end, whatever other names it has got.
class PartFile {
public:
    PartFile(fs::path path, std::string_view text) : path_(std::move(path))
    {
        constexpr int how = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
        const net::Descriptor file(::open(path_.c_str(), how, S_IRUSR | S_IWUSR));
        if (!file) refuse(path_);
        if (fill(file.get(), text)) return;
        const int why = errno;
        ::unlink(path_.c_str());
        errno = why;
        refuse(path_);
    }
    ~PartFile() { ::unlink(path_.c_str()); }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    /// returns  false when there is a file of that name
    [[nodiscard]] bool take_name(const fs::path& name) const
    {
        if (::link(path_.c_str(), name.c_str()) == 0) return true;
        if (errno != EEXIST) refuse(name);
        return false;
    }

private:
    static bool fill(int file, std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t part = ::write(file, text.data(), text.size());
            if (part < 0 && errno != EINTR) return false;
            if (part > 0) text.remove_prefix(static_cast<std::size_t>(part));
        }
        return ::fsync(file) == 0;
    }

    fs::path path_;
};

void make_folder(const fs::path& folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error) return;
    errno = error.value();
    refuse(folder);
}

fs::path part_name(const fs::path& folder)
{
    return folder / (".settlement-" + std::to_string(::getpid()) + ".part");
}

/// A network's file may call it anything.
std::string in_file_name(std::string network)
{
    constexpr std::string_view fits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    std::replace_if(
        network.begin(), network.end(), [&](char c) { return fits.find(c) == std::string_view::npos; }, '_');
    return network;
}

/// The name is on the disk, too. The file is there whether or not that works out.
void sync_folder(const fs::path& folder)
{
    const net::Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened) (void)::fsync(opened.get());
}

} // namespace

fs::path write_settlement(const fs::path& folder, const SettlementDay& day)
{
    make_folder(folder);
    const PartFile part(part_name(folder), text_of(day));
    const std::string stem = "settlement-" + in_file_name(day.network) + "-" + day.business_date + "-";
    for (int number = 1;; ++number) {
        fs::path file = folder / (stem + std::to_string(number) + ".csv");
        if (!part.take_name(file)) continue;
        sync_folder(folder);
        return file;
    }
}

void check_settlement_folder(const fs::path& folder)
{
    make_folder(folder);
    const PartFile part(part_name(folder), text_of(SettlementDay{}));
    const fs::path name = part_name(folder).string() + ".named";
    ::unlink(name.c_str());
    (void)part.take_name(name);
    ::unlink(name.c_str());
}

SettlementDays::SettlementDays(fs::path folder, std::chrono::milliseconds retry_pause, Events events)
    : folder_(std::move(folder)), retry_pause_(retry_pause), events_(std::move(events))
{
}

void SettlementDays::add(SettlementDay day, Moment now)
{
    unwritten_.push_back(std::move(day));
    next_ = now;
    retry(now);
}

void SettlementDays::retry(Moment now)
{
    if (unwritten_.empty() || now < next_) return;
    next_ = now + retry_pause_;
    try {
        write();
    } catch (const SettlementNotWritten& error) {
        for (; told_ < unwritten_.size(); ++told_) events_.put_off(unwritten_[told_], error.what());
    }
}

void SettlementDays::write()
{
    while (!unwritten_.empty()) {
        const fs::path file = write_settlement(folder_, unwritten_.front());
        const SettlementDay day = std::move(unwritten_.front());
        unwritten_.pop_front();
        told_ -= std::min<std::size_t>(told_, 1);
        events_.written(file, day);
    }
}

} // namespace sim
