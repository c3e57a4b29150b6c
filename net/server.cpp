#include "net/server.hpp"

#include "authz/test_build.hpp"
#include "net/admin.hpp"
#include "net/admin_pages.hpp"
#include "net/control.hpp"
#include "net/descriptor.hpp"
#include "net/handover_socket.hpp"
#include "net/inbox.hpp"
#include "net/keys.hpp"
#include "net/link_contexts.hpp"
#include "net/scheduling.hpp"
#include "net/service_manager.hpp"
#include "net/takeover.hpp"
#include "net/wall_clock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

namespace net {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::seconds settling_pause{1};

/// Of the drain timeout, kept for the undos of what the connections did not get out.
std::chrono::milliseconds undo_share(std::chrono::milliseconds drain_timeout)
{
    return std::min(std::chrono::milliseconds{1'000}, drain_timeout / 4);
}

} // namespace

struct Server::Body {
    Body(const Config& config, const ServerParts& some_parts)
        : log(*some_parts.log), parts(some_parts), drain_timeout(config.node.drain_timeout),
          control(config.node, counters->recorder, log), work(asio::make_work_guard(io)),
          admission(std::make_shared<Admission>(config.limits)), links(io.get_executor(), admission),
          drain_timer(io), settling_timer(io), pulse_timer(io), signals(io), hangups(io)
    {
        free_without_pauses();
        if (config.node.own_processor) processor.emplace();
        if (parts.aftercare.first_delivery == 0) parts.aftercare.first_delivery = Deliveries::random_first();
        deliveries = std::make_shared<Deliveries>(parts.aftercare.first_delivery, wall_clock());
        admission->on_left([this] { links.wake(); });
        LedgerQueueSettings settings;
        settings.workers = config.store.workers;
        settings.batch_max = config.store.batch_max;
        settings.queue_max = config.store.queue_max;
        settings.on_trouble = [this](std::string_view event, std::string_view why) {
            log.warning(event, {{"why", why}});
        };
        settings.counters = counters->queue;
        for (const LinkConfig& link : config.links) // files first: they fail without a trace
            (void)settings_of(link, config.cards, parts.tokenizer);
        queue = std::make_shared<LedgerQueue>(settings, parts.ledgers);
        inbox = std::make_shared<Inbox>(io, queue);
        contexts.emplace(make_contexts());
        InheritedSockets sockets = sockets_of_service_manager();
        if (config.node.handover_socket) {
            takeover = Takeover::from(*config.node.handover_socket);
            if (takeover) sockets.add(takeover->take_sockets());
        }
        apply(config, std::move(sockets));
        if (config.node.handover_socket) offer(*config.node.handover_socket);
        const MetricsSources sources{counters, &log, [this] { return queue->waiting() + queue->orders(); }};
        const auto page = [sources](std::string_view target) { return admin_page(sources, target); };
        if (config.admin.address) admin.emplace(*config.admin.address, page, log);
    }

    /// The workers and the handshaker end first: they post to the I/O context.
    ~Body()
    {
        admin.reset(); // it reads the queue
        queue.reset();
        key_writer->stop();
        contexts.reset();
        admission->on_left(nullptr); // the last connections go with the I/O context
    }

    /// What the connections of all links share. The queue is there.
    [[nodiscard]] LinkContexts make_contexts()
    {
        LinkContexts::Shared shared;
        shared.parts.queue = queue;
        shared.parts.inbox = inbox;
        shared.parts.key_writer = key_writer;
        shared.parts.deliveries = deliveries;
        shared.parts.pulse = pulse;
        shared.parts.turns = &turns;
        shared.parts.log = &log;
        shared.next_delivery = [numbers = deliveries] { return numbers->next(); };
        shared.tap_of = [this](const auto& link) { return control.recorder().tap_of(recorded_link(link)); };
        shared.tokenizer = parts.tokenizer;
        shared.counters = counters;
        return LinkContexts(std::move(shared));
    }

    /// All or nothing.
    void apply(const Config& config, InheritedSockets sockets)
    {
        auto recorded = recorded_links(config.links);
        contexts->begin_plan();
        const LinkSet::Contexts plan = [&](const LinkConfig& link) {
            return contexts->plan(link, config.cards);
        };
        links.apply({config.links, plan, config.node.drain_timeout}, std::move(sockets));
        contexts->take_effect();
        control.recorder().configure(config.record, std::move(recorded));
        admission->set_limits(config.limits);
        make_room_for_connections(config.limits.connections_total);
        drain_timeout = config.node.drain_timeout;
        counters->health.links_to_listen = links.listening().size();
        counters->health.links_listening = links.count_listening();
    }

    // --- the end
    /// What follows a TERM.
    void drain()
    {
        if (!begin_end()) return;
        tell_service_manager("STOPPING=1");
        log.info("draining");
        TOLLGATE_CRASH_POINT("server_drain_begun");
        end_connections(Farewell::within);
    }

    /// Another process has the sockets now, and serves.
    void retire(pid_t next)
    {
        if (!begin_end()) return;
        tell_service_manager("MAINPID=" + std::to_string(next));
        log.info("handed_over", {{"pid", next}});
        admin.reset(); // the next one has been waiting for its address
        end_connections(Farewell::in_turn_within);
    }

    /// False: it is on its way already.
    bool begin_end()
    {
        if (std::exchange(is_ending, true)) return false;
        counters->health.is_draining = true;
        if (takeover) takeover->stop();
        if (handover) handover->stop();
        return true;
    }

    /// Each by itself, when it is at rest; what is left when the time is over is cut off.
    void end_connections(Farewell (*plan)(MonoTime, std::chrono::milliseconds))
    {
        const auto now = std::chrono::steady_clock::now();
        drain_end = now + drain_timeout;
        drain_timer.expires_at(drain_end - undo_share(drain_timeout));
        drain_timer.async_wait([this](const boost::system::error_code& error) {
            if (!error) links.abandon();
        });
        links.drain(plan(now, drain_timeout), [this] { finish(); });
    }

    void offer(const std::filesystem::path& path)
    {
        HandoverSocket::Calls calls;
        calls.offers = [this] {
            std::vector<HandoverSocket::Offer> offers;
            for (const auto& socket : links.sockets()) offers.push_back({socket.link, socket.descriptor});
            return offers;
        };
        calls.on_taken_over = [this](pid_t next) { retire(next); };
        handover = std::make_shared<HandoverSocket>(io.get_executor(), path, std::move(calls), log);
    }

    void start()
    {
        links.start();
        counters->health.beat(std::chrono::steady_clock::now());
        counters->health.is_started = true;
        if (takeover) return take_over();
        if (handover) handover->start();
        control.start();
        tell_service_manager("READY=1");
    }

    /// Until the one before has decided, both serve.
    void take_over()
    {
        Takeover::Calls calls;
        calls.on_ours = [this] {
            control.start(); // from now on ours is the process to talk to
            tell_service_manager("READY=1");
        };
        calls.on_refused = [this] {
            log.error("handover_failed",
                      {{"why", "the running process has given up waiting, and serves on"}});
            drain();
        };
        calls.on_alone = [this] { handover->start(); };
        takeover->say_ready(io.get_executor(), std::move(calls));
    }

    void wait_for_hangup()
    {
        hangups.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            tell_service_manager(reloading_now());
            on_hangup();
            tell_service_manager("READY=1");
            wait_for_hangup();
        });
    }

    void finish()
    {
        drain_timer.cancel();
        settling_timer.cancel();
        pulse_timer.cancel();
        signals.cancel();
        hangups.cancel();
        work.reset();
    }

    /// A timer whose time had come before finish() is not cancelled by it any more.
    [[nodiscard]] bool is_finished() const { return !work.owns_work(); }

    /// After the last connection: what the workers still tell may be approvals that nobody gets any more, and
    /// their undos are work again.
    Stopped drain_queue()
    {
        bool is_drained = false;
        do {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(drain_end - std::chrono::steady_clock::now());
            is_drained = queue->drain(std::max(left, std::chrono::milliseconds{0}));
            io.restart();
        } while (io.poll() > 0);
        if (is_drained) {
            // Nothing is lost when it cannot be written.
            (void)leave({deliveries->settled(wall_clock()), {}, true, drain_timeout});
            TOLLGATE_CRASH_POINT("server_drained");
            log.info("drained");
            return Stopped::drained;
        }
        queue->abort();
        io.restart();
        io.poll(); // what was told before is ordered to be undone
        return leave_behind(queue->remains());
    }

    /// Whoever had asked is gone, so of what has an effect no byte of an approval can leave any more.
    Stopped leave_behind(const Remains& remains)
    {
        const bool is_left =
            leave({deliveries->settled(wall_clock()), remains.due_undos, remains.is_complete, drain_timeout});
        const auto stopped = !remains.has_unknown()           ? Stopped::timed_out
                             : is_left && remains.is_complete ? Stopped::left
                                                              : Stopped::unknown;
        log.write(stopped == Stopped::unknown ? Log::Level::error : Log::Level::warning,
                  stopped == Stopped::left ? "undos_left_to_repair" : "drain_timeout",
                  {{"undos", static_cast<std::int64_t>(remains.undos)},
                   {"in_doubt", static_cast<std::int64_t>(remains.in_doubt)},
                   {"reversals", static_cast<std::int64_t>(remains.reversals)},
                   {"requests", static_cast<std::int64_t>(remains.requests)},
                   {"keys", text_of(remains.keys)}});
        return stopped;
    }

    bool leave(const Leftovers& leftovers)
    {
        return parts.aftercare.leave && parts.aftercare.leave(leftovers);
    }

    void keep_beating()
    {
        if (is_finished()) return;
        pulse_timer.expires_after(Pulse::interval);
        pulse_timer.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            const auto now = std::chrono::steady_clock::now();
            pulse->beat(now);
            counters->health.beat(now, now - pulse_timer.expiry());
            counters->health.links_listening = links.count_listening();
            keep_beating();
        });
    }

    void keep_settling()
    {
        if (!parts.aftercare.on_settled || is_finished()) return;
        settling_timer.expires_after(settling_pause);
        settling_timer.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            parts.aftercare.on_settled(deliveries->settled(wall_clock()));
            keep_settling();
        });
    }

    std::optional<OwnProcessor> processor; ///< the I/O thread's, if it is to have one
    Log& log;
    ServerParts parts;
    std::chrono::milliseconds drain_timeout;
    std::shared_ptr<Deliveries> deliveries;
    std::shared_ptr<Pulse> pulse = std::make_shared<Pulse>(std::chrono::steady_clock::now());
    std::shared_ptr<NodeCounters> counters = std::make_shared<NodeCounters>();
    Control control;
    asio::io_context io{1};
    IoTurns turns{io.get_executor()};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::shared_ptr<LedgerQueue> queue;
    std::shared_ptr<Inbox> inbox;
    std::shared_ptr<KeyStateWriter> key_writer = std::make_shared<KeyStateWriter>(io.get_executor());
    std::shared_ptr<Admission> admission;
    std::optional<LinkContexts> contexts;
    LinkSet links;
    std::shared_ptr<HandoverSocket> handover; ///< for the process after this one
    std::shared_ptr<Takeover> takeover;       ///< from the process before this one
    asio::steady_timer drain_timer;
    asio::steady_timer settling_timer;
    asio::steady_timer pulse_timer;
    asio::signal_set signals;
    asio::signal_set hangups;
    std::function<void()> on_hangup;
    MonoTime drain_end;
    bool is_ending = false;
    std::optional<Admin> admin; ///< last: it reads the rest
};

Server::Server(const Config& config, const ServerParts& parts) : body_(std::make_unique<Body>(config, parts))
{
}

Server::~Server() = default;

const std::vector<Server::Listening>& Server::listening() const
{
    return body_->links.listening();
}

std::uint16_t Server::admin_port() const
{
    return body_->admin ? body_->admin->port() : 0;
}

void Server::stop_on_signals()
{
    body_->signals.add(SIGTERM);
    body_->signals.add(SIGINT);
    body_->signals.async_wait([body = body_.get()](const boost::system::error_code& error, int) {
        if (!error) body->drain();
    });
}

void Server::on_hangup(std::function<void()> call)
{
    body_->on_hangup = std::move(call);
    body_->hangups.add(SIGHUP);
    body_->wait_for_hangup();
}

void Server::reload(const Config& config)
{
    if (body_->is_ending) throw std::runtime_error("the server is ending");
    body_->apply(config, {});
}

void Server::post(std::function<void()> call)
{
    asio::post(body_->io, std::move(call));
}

Server::Stopped Server::run()
{
    if (body_->processor) body_->processor->take();
    ask_for_slices_of(io_slice);
    body_->start();
    body_->keep_settling();
    body_->keep_beating();
    body_->io.run();
    const Stopped stopped = body_->drain_queue();
    body_->control.stop(); // may wait for the disk: when all else is done
    return stopped;
}

void Server::stop()
{
    asio::post(body_->io, [body = body_.get()] { body->drain(); });
}

Reloads& Server::reloads()
{
    return body_->counters->reloads;
}

Admission::Totals Server::totals() const
{
    return body_->admission->totals();
}

} // namespace net
