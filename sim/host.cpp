#include "sim/host.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace sim {

namespace {

constexpr std::chrono::seconds start_limit{30};
constexpr std::chrono::seconds end_limit{1}; ///< the output of a process ends a moment before the process
constexpr std::chrono::milliseconds look_pause{5};

Address find_link(const std::map<std::string, Address>& links, const std::string& link)
{
    const auto found = links.find(link);
    if (found != links.end()) return found->second;
    std::string names;
    for (const auto& [name, address] : links) names += (names.empty() ? "" : ", ") + name;
    throw HostError("the host has no link \"" + link + "\" (it has: " + names + ")");
}

std::string last_line_of(const std::string& file)
{
    std::ifstream in(file);
    std::string last;
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) last = line;
    return last;
}

} // namespace

Address RunningHost::address(const std::string& link)
{
    return find_link(links_, link);
}

void RunningHost::restart(Restart::How)
{
    throw HostError("the host is not ours to restart: leave out --target and give --bin");
}

ChildHost::ChildHost(Settings settings) : settings_(std::move(settings))
{
    start();
}

void ChildHost::start()
{
    std::vector<std::string> arguments;
    if (!settings_.environment.empty())
        arguments.emplace_back("/usr/bin/env"); // becomes the server: the same process
    arguments.insert(arguments.end(), settings_.environment.begin(), settings_.environment.end());
    arguments.insert(arguments.end(), {settings_.program, "-f", settings_.config_file});
    arguments.insert(arguments.end(), settings_.options.begin(), settings_.options.end());
    child_ = std::make_unique<ChildProcess>(arguments, settings_.log_file);
    links_.clear();
    for (;;) {
        const auto line = child_->read_line(start_limit);
        if (!line) break;
        if (*line == "ready") return;
        std::istringstream words(*line);
        std::string verb;
        std::string link;
        std::string address;
        if (words >> verb >> link >> address && verb == "listening") links_[link] = parse_address(address);
    }
    std::optional<int> status;
    if (ends_within(end_limit)) status = child_->wait();
    child_.reset();
    throw StartError(settings_.program + (status ? " ended at once" : " does not become ready") + ": " +
                         last_line_of(settings_.log_file),
                     status);
}

bool ChildHost::ends_within(std::chrono::milliseconds limit)
{
    for (const auto end = Clock::now() + limit; is_running() && Clock::now() < end;)
        std::this_thread::sleep_for(look_pause);
    return !is_running();
}

Address ChildHost::address(const std::string& link)
{
    return find_link(links_, link);
}

void ChildHost::kill_now()
{
    child_->signal(SIGKILL);
    (void)child_->wait();
}

int ChildHost::stop()
{
    child_->signal(SIGTERM);
    return child_->wait();
}

void ChildHost::restart(Restart::How how)
{
    if (how == Restart::How::kill) {
        kill_now();
    } else {
        const int status = stop();
        if (status != 0)
            throw HostError("the host ended with exit " + std::to_string(status) + " on SIGTERM");
    }
    start();
}

} // namespace sim
