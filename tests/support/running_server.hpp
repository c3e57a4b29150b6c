#pragma once

#include "net/server.hpp"
#include "tests/support/memory_ledger.hpp"
#include "tests/support/peer.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// The books of all workers, in memory, with a door that a test can shut: batches wait before it.
class SharedBooks {
public:
    SharedBooks()
    {
        ledger_.open_account(good::account(1001, 1'000'000));
        auto card = good::card();
        card.token = wire::token_of(wire::pan);
        card.expiry = 209912;
        ledger_.issue_card(card);
    }

    std::unique_ptr<authz::Ledger> connect() { return std::make_unique<Session>(*this); }

    std::int64_t balance() const
    {
        const std::lock_guard lock(mutex_);
        return ledger_.books().find_account(1001)->balance_minor;
    }
    void shut()
    {
        const std::lock_guard lock(mutex_);
        is_open_ = false;
    }
    void open()
    {
        {
            const std::lock_guard lock(mutex_);
            is_open_ = true;
        }
        changed_.notify_all();
    }
    /// The door is shut behind the next batch.
    void shut_after_next()
    {
        const std::lock_guard lock(mutex_);
        shuts_after_next_ = true;
    }
    void wait_for_balance(std::int64_t balance_minor)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock,
                      [&] { return ledger_.books().find_account(1001)->balance_minor == balance_minor; });
    }
    /// Waits until that many requests have reached the door, answered or not.
    void wait_for_requests(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return requests_ >= count; });
    }

private:
    struct Session : authz::Ledger {
        explicit Session(SharedBooks& a_books) : books(a_books) {}
        authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now,
                                 authz::CommitGate& gate) override
        {
            return books.serve(batch, now, gate);
        }
        SharedBooks& books;
    };

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now, authz::CommitGate& gate)
    {
        std::unique_lock lock(mutex_);
        requests_ += batch.size();
        changed_.notify_all();
        changed_.wait(lock, [&] { return is_open_; });
        if (std::exchange(shuts_after_next_, false)) is_open_ = false;
        auto result = ledger_.serve(batch, now, gate);
        changed_.notify_all();
        return result;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = true;
    bool shuts_after_next_ = false;
    std::size_t requests_ = 0;
    MemoryLedger ledger_;
};

/// A server on loopback with books in memory, in a thread of its own.
class RunningServer {
public:
    explicit RunningServer(SharedBooks& books, net::Config config = good_config())
        : log_(net::Log::Level::debug, [this](std::string_view line) { keep(line); }),
          server_(config, {[&books] { return books.connect(); }, wire::token_of, &log_}),
          thread_([this] { stopped_ = server_.run(); })
    {
    }
    ~RunningServer() { stop(); }

    static net::Config good_config()
    {
        net::LinkConfig link;
        link.name = "acq-a";
        link.addresses = {{"127.0.0.1", 0}};
        link.network = "net-a";
        link.dialect = "iso87-ascii";
        link.profile = "iso-single-message";
        link.timing.network_timeout = std::chrono::seconds{60};
        link.staleness_limit.reset(); // the messages of the tests are all of one day
        net::Config config;
        config.cards.bins = {"400000"};
        config.links = {link};
        return config;
    }

    std::uint16_t port(std::string_view link) const
    {
        for (const auto& place : server_.listening())
            if (place.link == link) return place.port;
        throw std::out_of_range("no link of this name");
    }
    std::uint16_t port(std::size_t link = 0) const { return server_.listening().at(link).port; }
    net::Server& server() { return server_; }
    std::uint16_t admin_port() const { return server_.admin_port(); }
    void begin_stop() { server_.stop(); }
    /// True when everything had ended in time.
    bool stop() { return stopped() == net::Server::Stopped::drained; }
    net::Server::Stopped stopped()
    {
        if (thread_.joinable()) {
            server_.stop();
            thread_.join();
        }
        return stopped_;
    }
    bool logged(std::string_view text) const
    {
        const std::lock_guard lock(mutex_);
        return has_line(text);
    }
    void wait_logged(std::string_view text)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return has_line(text); });
    }

    /// As wait_logged(), for half a minute; false: it was not.
    bool comes_to_log(std::string_view text)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return has_line(text); });
    }
    std::size_t lines_with(std::string_view text) const
    {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) {
            return line.find(text) != std::string::npos;
        }));
    }
    /// True once the connections hold what they should, or nothing at all by default; false after half a
    /// minute.
    bool comes_to(std::size_t connections = 0) const
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        for (;;) {
            const auto totals = server_.totals();
            const bool holds_nothing = totals.in_flight == 0 && totals.buffer_bytes == 0;
            if (totals.connections == connections && (connections > 0 || holds_nothing)) return true;
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
    }

private:
    bool has_line(std::string_view text) const
    {
        for (const std::string& line : lines_)
            if (line.find(text) != std::string::npos) return true;
        return false;
    }
    void keep(std::string_view line)
    {
        {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
        }
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    net::Log log_;
    net::Server server_;
    net::Server::Stopped stopped_ = net::Server::Stopped::drained;
    std::thread thread_;
};
