#include "net/server.hpp"

#include "authz/test_build.hpp"
#include "net/listener.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <random>

namespace net {

namespace asio = boost::asio;

namespace {

/// Carries ended tickets from the workers' threads to the I/O thread.
class Inbox : public TicketSink {
public:
    Inbox(asio::io_context& io, const std::weak_ptr<LedgerQueue>& queue) : io_(io), queue_(queue) {}

    void ended(std::vector<TicketPtr> tickets) override
    {
        asio::post(io_, [queue = queue_, tickets = std::move(tickets)] {
            for (const TicketPtr& ticket : tickets) {
                const auto owner = ticket->owner.lock();
                const auto alive = queue.lock();
                if (owner)
                    owner->ended(ticket);
                else if (alive)
                    alive->undo_unanswered(*ticket);
            }
        });
    }

private:
    asio::io_context& io_;
    std::weak_ptr<LedgerQueue> queue_;
};

constexpr std::chrono::seconds settling_pause{1};

/// Where to count deliveries from when nobody gives out ranges; below 2^62, so that it stays positive.
std::uint64_t random_delivery()
{
    std::random_device seed;
    return (std::uint64_t{seed()} << 30 ^ seed()) & 0x3FFF'FFFF'FFFF'FFFF;
}

/// Of the drain timeout, kept for the undos of what the connections did not get out.
std::chrono::milliseconds undo_share(std::chrono::milliseconds drain_timeout)
{
    return std::min(std::chrono::milliseconds{1'000}, drain_timeout / 4);
}

/// As `tollgatectl tx show` takes them.
std::string text_of(const std::vector<authz::Key>& keys)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const authz::Key& key : keys) {
        if (!text.empty()) text += ' ';
        for (const std::uint8_t byte : key.bytes) {
            text += digits[byte >> 4];
            text += digits[byte & 0xF];
        }
    }
    return text;
}

} // namespace

std::shared_ptr<LinkSettings> settings_of(const LinkConfig& link, const CardsConfig& cards,
                                          const Tokenizer& tokenizer)
{
    const auto profile = profile_named(link.profile);
    auto policy = std::make_shared<authz::Policy>();
    policy->staleness_limit = link.staleness_limit;
    policy->partial_cancels = link.partial_cancels;
    policy->partial_approval_min_minor = link.partial_approval_min_minor;
    policy->blocked_mccs = link.blocked_mccs;
    policy->answer_codes = profile->answer_codes;
    auto settings = std::make_shared<LinkSettings>();
    settings->name = link.name;
    settings->dialect = codec::dialect_named(link.dialect);
    settings->translator = std::make_shared<Translator>(
        TranslatorSettings{link.network, profile, std::move(policy), cards.bins, tokenizer});
    settings->decide_deadline = link.timing.decide_deadline();
    settings->answer_cutoff = link.timing.answer_cutoff();
    settings->needs_sign_on = link.sign_on == SignOn::required;
    settings->in_flight = link.in_flight;
    settings->envelope = link.envelope();
    settings->frame_timeout = link.frame_timeout;
    settings->idle_timeout = link.idle_timeout;
    settings->format_errors_max = link.format_errors_max;
    return settings;
}

struct Server::Body {
    Body(const Config& config, const ServerParts& parts)
        : log(*parts.log), aftercare(parts.aftercare), drain_timeout(config.node.drain_timeout),
          work(asio::make_work_guard(io)), drain_timer(io), settling_timer(io), pulse_timer(io), signals(io)
    {
        if (aftercare.first_delivery == 0) aftercare.first_delivery = random_delivery();
        deliveries = std::make_shared<Deliveries>(aftercare.first_delivery);
        std::vector<std::shared_ptr<const LinkSettings>> links; // files first: they fail without a trace
        const auto drafts = std::make_shared<DraftPool>();
        for (const LinkConfig& link : config.links) {
            auto loaded = settings_of(link, config.cards, parts.tokenizer);
            loaded->next_delivery = [numbers = deliveries] { return numbers->next(); };
            loaded->drafts = drafts;
            links.push_back(std::move(loaded));
        }
        LedgerQueueSettings settings;
        settings.workers = config.store.workers;
        settings.batch_max = config.store.batch_max;
        settings.queue_max = config.store.queue_max;
        settings.on_trouble = [this](std::string_view event, std::string_view why) {
            log.warning(event, {{"why", why}});
        };
        queue = std::make_shared<LedgerQueue>(settings, parts.ledgers);
        inbox = std::make_shared<Inbox>(io, queue);
        for (std::size_t i = 0; i < links.size(); ++i) bind(config.links[i], links[i]);
    }

    /// The workers end first: they post to the I/O context.
    ~Body() { queue.reset(); }

    void bind(const LinkConfig& config, const std::shared_ptr<const LinkSettings>& settings)
    {
        const Endpoint& at = config.addresses.front();
        const auto place = at.host + ":" + std::to_string(at.port);
        boost::system::error_code error;
        const auto address = asio::ip::make_address(at.host, error);
        if (error) throw BindError("link \"" + config.name + "\": " + place + " is not an address");
        try {
            ConnectionContext context;
            context.link = settings;
            context.queue = queue;
            context.inbox = inbox;
            context.deliveries = deliveries;
            context.pulse = pulse;
            context.counters = std::make_shared<LinkCounters>(config.name);
            context.log = &log;
            if (config.tls) context.tls = std::make_shared<TlsContext>(*config.tls, config.role);
            const ListenerSettings listener{{address, at.port}, config.connections_max};
            listeners.push_back(std::make_shared<Listener>(io.get_executor(), listener, std::move(context)));
        } catch (const boost::system::system_error& failure) {
            throw BindError("link \"" + config.name + "\": cannot listen on " + place + ": " +
                            failure.code().message());
        }
        const auto endpoint = listeners.back()->local_endpoint();
        listening.push_back({config.name, endpoint.address().to_string(), endpoint.port()});
    }

    void drain()
    {
        if (is_draining) return;
        is_draining = true;
        log.info("draining");
        TOLLGATE_CRASH_POINT("server_drain_begun");
        drain_end = std::chrono::steady_clock::now() + drain_timeout;
        drain_timer.expires_at(drain_end - undo_share(drain_timeout));
        drain_timer.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            for (const auto& listener : listeners) listener->abandon();
        });
        open_listeners = listeners.size();
        for (const auto& listener : listeners)
            listener->drain([this] {
                if (--open_listeners == 0) finish();
            });
    }

    void finish()
    {
        drain_timer.cancel();
        settling_timer.cancel();
        pulse_timer.cancel();
        signals.cancel();
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
            (void)leave({deliveries->settled(), {}, true}); // nothing is lost when it cannot be written
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
        const bool is_left = leave({deliveries->settled(), remains.due_undos, remains.is_complete});
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

    bool leave(const Leftovers& leftovers) { return aftercare.leave && aftercare.leave(leftovers); }

    void keep_beating()
    {
        pulse_timer.expires_after(Pulse::interval);
        pulse_timer.async_wait([this](const boost::system::error_code& error) {
            if (error || is_finished()) return;
            pulse->beat(std::chrono::steady_clock::now());
            keep_beating();
        });
    }

    void keep_settling()
    {
        if (!aftercare.on_settled) return;
        settling_timer.expires_after(settling_pause);
        settling_timer.async_wait([this](const boost::system::error_code& error) {
            if (error || is_finished()) return;
            aftercare.on_settled(deliveries->settled());
            keep_settling();
        });
    }

    Log& log;
    Aftercare aftercare;
    std::chrono::milliseconds drain_timeout;
    std::shared_ptr<Deliveries> deliveries;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::shared_ptr<LedgerQueue> queue;
    std::shared_ptr<Inbox> inbox;
    std::vector<std::shared_ptr<Listener>> listeners;
    std::vector<Listening> listening;
    asio::steady_timer drain_timer;
    asio::steady_timer settling_timer;
    std::shared_ptr<Pulse> pulse = std::make_shared<Pulse>(std::chrono::steady_clock::now());
    asio::steady_timer pulse_timer;
    asio::signal_set signals;
    MonoTime drain_end;
    std::size_t open_listeners = 0;
    bool is_draining = false;
};

Server::Server(const Config& config, const ServerParts& parts) : body_(std::make_unique<Body>(config, parts))
{
}

Server::~Server() = default;

const std::vector<Server::Listening>& Server::listening() const
{
    return body_->listening;
}

void Server::stop_on_signals()
{
    body_->signals.add(SIGTERM);
    body_->signals.add(SIGINT);
    body_->signals.async_wait([body = body_.get()](const boost::system::error_code& error, int) {
        if (!error) body->drain();
    });
}

Server::Stopped Server::run()
{
    for (const auto& listener : body_->listeners) listener->start();
    body_->keep_settling();
    body_->keep_beating();
    body_->io.run();
    return body_->drain_queue();
}

void Server::stop()
{
    asio::post(body_->io, [body = body_.get()] { body->drain(); });
}

} // namespace net
