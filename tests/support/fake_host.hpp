/// A host for tests of the player: knows sales and reversals of one account, over real TCP, on a thread of
/// its own.
#pragma once

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/framing.hpp"
#include "sim/host.hpp"
#include "sim/network_model.hpp"
#include "sim/office.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// What the fake host knows; also the office that tells it.
class FakeBooks final : public sim::Office {
public:
    /// Answers one request; nothing for silence. Profile A's MTIs.
    std::optional<codec::Message> answer(const codec::Message& request)
    {
        const std::lock_guard lock(mutex_);
        ++requests_;
        codec::Message reply(codec::answer_to(request.mti()));
        for (const int de : {4, 7, 11, 37, 41, 70, 90}) reply.echo(de, request);
        const std::string key = sim::original_data_of(request) + std::string(request.get(41));
        if (request.mti().message_class() == '8') {
            reply.set(39, "00");
        } else if (request.mti().message_class() == '4') {
            reverse(std::string(request.get(90)) + std::string(request.get(41)));
            reply.set(39, "00");
        } else {
            reply.set(39, decide(key, request));
            if (reply.get(39) == "00") reply.set(38, approvals_[key]);
        }
        return reply;
    }

    [[nodiscard]] std::int64_t open_account(const sim::AccountGiven& account) override
    {
        const std::lock_guard lock(mutex_);
        balance_ = account.balance.minor;
        return 1;
    }
    void issue_card(const sim::CardOrder&) override {}
    [[nodiscard]] std::int64_t balance_minor(std::int64_t) override
    {
        const std::lock_guard lock(mutex_);
        return balance_;
    }
    [[nodiscard]] sim::TransactionSeen transaction(const sim::TransactionName&) override
    {
        return {"approved", 0, 1};
    }

    [[nodiscard]] int requests() const { return requests_; }
    /// Makes every approval carry another DE38, as a broken host might.
    void forget_answers() { forgets_answers_ = true; }

private:
    std::string decide(const std::string& key, const codec::Message& request)
    {
        if (reversed_.contains(key)) return "21";
        if (taken_.contains(key)) {
            if (forgets_answers_) approvals_[key] = "OTHER" + std::to_string(requests_ % 10);
            return "00";
        }
        const std::int64_t amount = std::stoll(std::string(request.get(4)));
        if (amount > balance_) return "51";
        balance_ -= amount;
        taken_[key] = amount;
        approvals_[key] = std::to_string(100'000 + requests_);
        return "00";
    }

    void reverse(const std::string& key)
    {
        if (!reversed_.insert(key).second) return;
        if (const auto found = taken_.find(key); found != taken_.end()) balance_ += found->second;
    }

    std::mutex mutex_;
    std::int64_t balance_ = 0;
    std::atomic<int> requests_{0};
    bool forgets_answers_ = false;
    std::map<std::string, std::int64_t> taken_;
    std::map<std::string, std::string> approvals_;
    std::set<std::string> reversed_;
};

class FakeHost final : public sim::Host {
public:
    using Answer = std::function<std::optional<codec::Message>(const codec::Message&)>;

    FakeHost(const codec::Dialect& dialect, Answer answer)
        : dialect_(dialect), answer_(std::move(answer)),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0})
    {
        port_ = acceptor_.local_endpoint().port();
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~FakeHost() override
    {
        context_.stop();
        thread_.join();
    }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    [[nodiscard]] sim::Address address(const std::string&) override { return {"127.0.0.1", port_}; }
    void restart(sim::Restart::How) override { throw sim::HostError("a fake host cannot be restarted"); }

private:
    struct Session : std::enable_shared_from_this<Session> {
        Session(FakeHost& owner, boost::asio::ip::tcp::socket accepted)
            : host(owner), socket(std::move(accepted)), reader(codec::Framing{})
        {
        }
        void read()
        {
            const auto space = reader.space();
            socket.async_read_some(boost::asio::buffer(space.data(), space.size()),
                                   [self = shared_from_this()](auto error, std::size_t bytes) {
                                       if (!error) self->have_read(bytes);
                                   });
        }
        void have_read(std::size_t bytes)
        {
            reader.received(bytes);
            for (;;) {
                const auto next = reader.next();
                if (next.status == codec::FrameReader::Status::need_more) return read();
                const auto request = next.status == codec::FrameReader::Status::message
                                         ? codec::decode(host.dialect_, next.message)
                                         : codec::Result<codec::Message>(codec::Error{});
                if (!request) return socket.close();
                if (const auto reply = host.answer_(*request)) write(*reply);
            }
        }
        void write(const codec::Message& reply)
        {
            std::vector<std::uint8_t> message;
            std::vector<std::uint8_t> frame;
            if (!codec::encode(host.dialect_, reply, message)) return socket.close();
            codec::append_frame(codec::Framing{}, message, frame);
            boost::system::error_code gone; // a reset connection is told by its next read
            boost::asio::write(socket, boost::asio::buffer(frame), gone);
        }

        FakeHost& host;
        boost::asio::ip::tcp::socket socket;
        codec::FrameReader reader;
    };

    void accept()
    {
        acceptor_.async_accept([this](auto error, boost::asio::ip::tcp::socket socket) {
            if (error) return;
            std::make_shared<Session>(*this, std::move(socket))->read();
            accept();
        });
    }

    const codec::Dialect& dialect_;
    Answer answer_;
    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace test
