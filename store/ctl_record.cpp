// `tollgatectl record`: asks a running tollgated, over the unix socket of its node.control_socket.
#include "store/ctl.hpp"

#include <boost/json.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace store::ctl {

namespace json = boost::json;

namespace {

constexpr timeval answer_max{60, 0}; ///< a stop waits for the disk
constexpr std::size_t answer_bytes_max = 1U << 20U;

/// Closed with its owner.
class Connection {
public:
    /// throws   Unreachable, UsageError
    explicit Connection(const std::string& path) : path_(path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.empty() || path.size() >= sizeof address.sun_path)
            throw UsageError(path + ": this is no path of a unix socket");
        path.copy(address.sun_path, path.size());
        if (number_ < 0 ||
            ::connect(number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            fail("no tollgated answers there");
        ::setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &answer_max, sizeof answer_max);
    }
    ~Connection()
    {
        if (number_ >= 0) ::close(number_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] std::string ask(const std::string& question)
    {
        const std::string line = question + '\n';
        if (::send(number_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
            fail("tollgated has closed the connection");
        std::string answer;
        while (!answer.ends_with('\n')) {
            std::array<char, 4'096> piece{};
            const ssize_t size = ::recv(number_, piece.data(), piece.size(), 0);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0 || answer.size() > answer_bytes_max) fail("tollgated gives no answer");
            answer.append(piece.data(), static_cast<std::size_t>(size));
        }
        answer.pop_back();
        return answer;
    }

private:
    [[noreturn]] void fail(const std::string& what) const
    {
        const std::string why = errno == 0 ? "" : std::string(": ") + std::strerror(errno);
        throw Unreachable(path_ + ": " + what + why);
    }

    std::string path_;
    int number_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

json::object parsed(const std::string& answer)
{
    json::error_code error;
    json::value value = json::parse(answer, error);
    if (error || !value.is_object()) throw Unreachable("tollgated speaks another version");
    return std::move(value.get_object());
}

std::string text_of(const json::object& row, std::string_view key)
{
    const json::value* const value = row.if_contains(key);
    if (value == nullptr) return "";
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

/// "2026-11-23 06:45:00Z"
std::string started_in(const json::object& row)
{
    const json::value* const value = row.if_contains("started_at_us");
    if (value == nullptr || !value->is_int64()) return "";
    const std::time_t seconds = value->get_int64() / 1'000'000;
    std::tm date{};
    ::gmtime_r(&seconds, &date);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &date)};
}

void print_table(const json::object& answer)
{
    const auto line = [](std::string_view link, std::string_view state, std::string_view since,
                         std::string_view records, std::string_view dropped, std::string_view file) {
        std::cout << std::left << std::setw(16) << link << ' ' << std::setw(12) << state << ' '
                  << std::setw(20) << since << ' ' << std::right << std::setw(10) << records << ' '
                  << std::setw(9) << dropped << "  " << file << '\n';
    };
    line("link", "state", "since", "records", "dropped", "file");
    const json::value* const rows = answer.if_contains("recordings");
    if (rows == nullptr || !rows->is_array()) return;
    for (const json::value& value : rows->get_array())
        if (const json::object* const row = value.if_object())
            line(text_of(*row, "link"), text_of(*row, "state"), started_in(*row), text_of(*row, "records"),
                 text_of(*row, "dropped"), text_of(*row, "file"));
}

} // namespace

int record(Output output, const RecordOrder& order)
{
    json::object question{{"command", "record " + order.verb}};
    if (!order.link.empty()) question["link"] = order.link;
    if (order.seconds) question["seconds"] = *order.seconds;
    const std::string text = Connection(order.socket).ask(json::serialize(question));
    const json::object answer = parsed(text);
    if (answer.contains("error")) throw Differs(text_of(answer, "error"));
    if (output == Output::json)
        std::cout << text << '\n';
    else
        print_table(answer);
    return exit_done;
}

} // namespace store::ctl
