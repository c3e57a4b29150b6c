#include "sim/child_process.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>
#include <memory>
#include <string_view>
#include <utility>

extern char** environ;

namespace sim {

namespace {

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw ChildError("no more pipes: " + std::string(std::strerror(errno)));
        read = ends[0];
        write = ends[1];
    }
    ~Pipe()
    {
        close(read);
        close(write);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    static void close(int& end)
    {
        if (end >= 0) ::close(end);
        end = -1;
    }

    int read = -1;
    int write = -1;
};

/// What the child finds as its standard streams; each is one of our descriptors.
struct Streams {
    int in;
    int out;
    int err;
};

/// Between fork and exec: only what is allowed there, as other threads may hold any lock.
class Launch {
public:
    Launch(const std::vector<std::string>& arguments, const Streams& streams)
        : streams_(streams), parent_(::getpid())
    {
        for (const std::string& argument : arguments) argv_.push_back(const_cast<char*>(argument.c_str()));
        argv_.push_back(nullptr);
        ::pthread_sigmask(SIG_SETMASK, nullptr, &signals_);
    }

    /// returns  the child, or the number of the error, negative
    [[nodiscard]] pid_t run()
    {
        const pid_t pid = ::fork();
        if (pid < 0) return -errno;
        if (pid == 0) become();
        Pipe::close(failure_.write);
        int error = 0;
        while (::read(failure_.read, &error, sizeof error) < 0 && errno == EINTR) {
        }
        if (error == 0) return pid;
        ::waitpid(pid, nullptr, 0);
        return -error;
    }

private:
    [[noreturn]] void become() const
    {
        // It dies with us, also when we are killed; when we died before it could ask for that, it has nobody.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent_) ::_exit(exec_failed);
        const bool is_set = put(streams_.in, STDIN_FILENO) && put(streams_.out, STDOUT_FILENO) &&
                            put(streams_.err, STDERR_FILENO);
        constexpr int failure = STDERR_FILENO + 1;
        if (failure_.write != failure) ::dup3(failure_.write, failure, O_CLOEXEC);
        // Sockets of ours: a connection would stay open in the child when we close it.
        ::close_range(failure + 1, ~0U, 0);
        ::pthread_sigmask(SIG_SETMASK, &signals_, nullptr);
        if (is_set) ::execve(argv_[0], argv_.data(), environ);
        const int error = errno;
        (void)!::write(failure, &error, sizeof error);
        ::_exit(exec_failed);
    }

    static bool put(int from, int to)
    {
        if (from == to) return ::fcntl(to, F_SETFD, 0) == 0; // it must outlive the exec
        return ::dup2(from, to) == to;
    }

    static constexpr int exec_failed = 127;
    Streams streams_;
    Pipe failure_; ///< closed by a good exec
    pid_t parent_;
    std::vector<char*> argv_;
    sigset_t signals_{}; ///< of the thread that asks
};

/// The kernel ends a child with the thread that has started it, so all are started by one that lives as long
/// as the process. It takes no signals but the one that nobody handles.
boost::asio::thread_pool& starter()
{
    const auto make = [] {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::sigdelset(&all, SIGCHLD); // blocked here, where children have their parent, it wakes another thread
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        auto pool = std::make_unique<boost::asio::thread_pool>(1);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return pool;
    };
    static const std::unique_ptr<boost::asio::thread_pool> one = make();
    return *one;
}

pid_t start(const std::vector<std::string>& arguments, const Streams& streams)
{
    Launch launch(arguments, streams);
    std::packaged_task<pid_t()> task([&launch] { return launch.run(); });
    auto started = task.get_future();
    boost::asio::post(starter(), std::move(task));
    const pid_t pid = started.get();
    if (pid < 0) throw ChildError("cannot start " + arguments.front() + ": " + std::strerror(-pid));
    return pid;
}

int status_of(int raw)
{
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

int wait_for(pid_t pid)
{
    int raw = 0;
    while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
    }
    return status_of(raw);
}

/// returns  false at the end of the stream
bool read_some(int end, std::string& into)
{
    std::array<char, 4096> block{};
    const ssize_t bytes = ::read(end, block.data(), block.size());
    if (bytes < 0 && errno == EINTR) return true;
    if (bytes <= 0) return false;
    into.append(block.data(), static_cast<std::size_t>(bytes));
    return true;
}

/// returns  false when nothing is left to write, or nobody reads any more
bool write_some(int end, std::string_view& rest)
{
    const ssize_t bytes = ::write(end, rest.data(), rest.size());
    if (bytes < 0) return errno == EINTR || errno == EAGAIN;
    rest.remove_prefix(static_cast<std::size_t>(bytes));
    return !rest.empty();
}

/// Writes and reads at once: a child may write before it has read all of its input. Closes what has ended.
void exchange(Pipe& in, Pipe& out, Pipe& err, std::string_view input, Finished& finished)
{
    ::fcntl(in.write, F_SETFL, O_NONBLOCK);
    if (input.empty()) Pipe::close(in.write);
    while (in.write >= 0 || out.read >= 0 || err.read >= 0) {
        std::array<pollfd, 3> ends{{{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
        if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return;
        const bool has_reader = (ends[0].revents & POLLERR) == 0;
        if (ends[0].revents != 0 && !(has_reader && write_some(in.write, input))) Pipe::close(in.write);
        if (ends[1].revents != 0 && !read_some(out.read, finished.out)) Pipe::close(out.read);
        if (ends[2].revents != 0 && !read_some(err.read, finished.err)) Pipe::close(err.read);
    }
}

} // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const std::string& stderr_file)
{
    Pipe out;
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int log = ::open(stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const auto close_both = [&] {
        if (nothing >= 0) ::close(nothing);
        if (log >= 0) ::close(log);
    };
    if (nothing < 0 || log < 0) {
        close_both();
        throw ChildError("cannot write " + stderr_file);
    }
    try {
        pid_ = start(arguments, {nothing, out.write, log});
    } catch (...) {
        close_both();
        throw;
    }
    close_both();
    out_ = out.read;
    out.read = -1;
}

ChildProcess::~ChildProcess()
{
    if (!status_) {
        signal(SIGKILL);
        wait();
    }
    if (out_ >= 0) ::close(out_);
}

std::optional<std::string> ChildProcess::read_line(std::chrono::milliseconds limit)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const std::size_t end = buffered_.find('\n');
        if (end != std::string::npos) {
            std::string line = buffered_.substr(0, end);
            buffered_.erase(0, end + 1);
            return line;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return std::nullopt;
        pollfd wanted{out_, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
        if (ready > 0 && !read_some(out_, buffered_)) return std::nullopt;
    }
}

void ChildProcess::signal(int number) const
{
    if (pid_ > 0 && !status_) ::kill(pid_, number);
}

int ChildProcess::wait()
{
    if (!status_) status_ = wait_for(pid_);
    return *status_;
}

bool ChildProcess::is_running()
{
    if (status_) return false;
    int raw = 0;
    if (::waitpid(pid_, &raw, WNOHANG) == pid_) status_ = status_of(raw);
    return !status_;
}

Finished run_program(const std::vector<std::string>& arguments, const std::string& input)
{
    Pipe in;
    Pipe out;
    Pipe err;
    const pid_t pid = start(arguments, {in.read, out.write, err.write});
    Pipe::close(in.read);
    Pipe::close(out.write);
    Pipe::close(err.write);
    Finished finished;
    exchange(in, out, err, input, finished);
    finished.status = wait_for(pid);
    return finished;
}

} // namespace sim
