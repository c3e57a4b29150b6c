#include "sim/load_console.hpp"

#include <boost/json/serialize.hpp>

#include <ostream>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace sim {

LoadProgress usual_progress()
{
    return ::isatty(STDERR_FILENO) == 1 ? LoadProgress::line : LoadProgress::jsonl;
}

LoadConsole::LoadConsole(LoadProgress progress, std::ostream& err) : progress_(progress), err_(err)
{
    // Blocked, a signal waits until somebody asks: no handler and no variable that it would share.
    ::sigemptyset(&kept_);
    ::sigaddset(&kept_, SIGINT);
    ::sigaddset(&kept_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &kept_, &mask_before_);
    if (::isatty(STDIN_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    ::termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    reads_keys_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

LoadConsole::~LoadConsole()
{
    end_line();
    give_back_terminal();
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void LoadConsole::show(const LoadRow& row, const std::string& stage)
{
    if (progress_ == LoadProgress::line) {
        err_ << "\r\x1b[K" << progress_text(row, stage) << std::flush;
        has_line_ = true;
    } else if (progress_ == LoadProgress::jsonl) {
        boost::json::object object = object_of(row);
        object["schema"] = "tollgate/load-progress/1";
        object["stage"] = stage;
        err_ << boost::json::serialize(object) << std::endl;
    }
}

void LoadConsole::say(const std::string& text)
{
    if (progress_ != LoadProgress::line) return;
    end_line();
    err_ << text << std::endl;
}

void LoadConsole::end_line()
{
    if (has_line_) err_ << std::endl;
    has_line_ = false;
}

std::optional<char> LoadConsole::key()
{
    if (!reads_keys_) return std::nullopt;
    ::pollfd ready{STDIN_FILENO, POLLIN, 0};
    char key = 0;
    if (::poll(&ready, 1, 0) != 1 || ::read(STDIN_FILENO, &key, 1) != 1) return std::nullopt;
    return key;
}

void LoadConsole::give_back_terminal()
{
    if (std::exchange(reads_keys_, false)) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool LoadConsole::was_interrupted()
{
    const ::timespec at_once{};
    if (!was_interrupted_ && ::sigtimedwait(&kept_, nullptr, &at_once) > 0) {
        was_interrupted_ = true;
        give_back_terminal(); // the next signal ends the program at once
        ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    return was_interrupted_;
}

} // namespace sim
