#include "sim/fire_plan.hpp"

#include "sim/rng.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <span>

namespace sim {

namespace {

using Kind = PlannedMessage::Kind;

constexpr std::size_t messages_per_fault = 800;
constexpr std::size_t first_fault_at = 300;    ///< by then there is something to lose
constexpr std::size_t repeated_back_max = 300; ///< a repeat is of one of so many messages before it
constexpr std::int64_t amount_max = 500;
/// So far all messages of the network are digits and hexadecimal digits: MTI, bitmaps, elements up to DE11.
/// With its highest bit turned over none of them is a digit: nobody can read the message, and nobody takes it
/// for another one. Elements of any bytes stand behind.
constexpr std::size_t flipped_max = 52;

/// So many of a thousand.
template <class What> struct Share {
    What what;
    unsigned per_mille;
};

template <class What>
What drawn(std::span<const Share<What>> shares, What otherwise, Rng& rng, unsigned whole = 1000)
{
    auto at = static_cast<unsigned>(rng.below(whole));
    for (const Share<What>& share : shares) {
        if (at < share.per_mille) return share.what;
        at -= share.per_mille;
    }
    return otherwise;
}

constexpr std::array message_shares{Share<Kind>{Kind::marked_repeat, 60}, Share<Kind>{Kind::same_bytes, 40},
                                    Share<Kind>{Kind::other_content, 10}, Share<Kind>{Kind::cancel, 50},
                                    Share<Kind>{Kind::linked_refund, 40}, Share<Kind>{Kind::refund, 60},
                                    Share<Kind>{Kind::reversal, 50},      Share<Kind>{Kind::inquiry, 20}};

constexpr std::array fault_shares{Share<ProcessFault::Kind>{ProcessFault::Kind::server_kill, 400},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::server_stop, 60},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::server_freeze, 80},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::backend_terminate, 140},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::backend_kill, 110},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::postgres_stop, 100},
                                  Share<ProcessFault::Kind>{ProcessFault::Kind::postgres_freeze, 60}};

/// Of ten thousand frames. A swap makes a reordered pair.
constexpr std::array request_shares{Share<Treatment::Kind>{Treatment::Kind::swap, 200},
                                    Share<Treatment::Kind>{Treatment::Kind::drop, 30},
                                    Share<Treatment::Kind>{Treatment::Kind::delay, 50},
                                    Share<Treatment::Kind>{Treatment::Kind::twice, 50},
                                    Share<Treatment::Kind>{Treatment::Kind::cut, 10},
                                    Share<Treatment::Kind>{Treatment::Kind::pause, 5},
                                    Share<Treatment::Kind>{Treatment::Kind::flip, 10},
                                    Share<Treatment::Kind>{Treatment::Kind::half_close, 5}};
constexpr std::array answer_shares{Share<Treatment::Kind>{Treatment::Kind::swap, 100},
                                   Share<Treatment::Kind>{Treatment::Kind::drop, 100},
                                   Share<Treatment::Kind>{Treatment::Kind::delay, 50},
                                   Share<Treatment::Kind>{Treatment::Kind::twice, 20},
                                   Share<Treatment::Kind>{Treatment::Kind::cut, 10},
                                   Share<Treatment::Kind>{Treatment::Kind::pause, 5},
                                   Share<Treatment::Kind>{Treatment::Kind::flip, 10},
                                   Share<Treatment::Kind>{Treatment::Kind::half_close, 5}};

bool names_another(Kind kind)
{
    return kind != Kind::sale && kind != Kind::refund && kind != Kind::inquiry;
}

class Planner {
public:
    explicit Planner(const FirePlanSettings& settings) : plan_{settings, {}, {}}, rng_(settings.seed) {}

    FirePlan run()
    {
        while (plan_.messages.size() < plan_.settings.messages) add_message();
        add_faults();
        return std::move(plan_);
    }

private:
    void add_message()
    {
        Kind kind = drawn<Kind>(message_shares, Kind::sale, rng_);
        PlannedMessage message;
        message.connection = static_cast<std::uint32_t>(rng_.below(plan_.settings.connections));
        // One reversal in four overtakes its sale: the sale stands right behind it.
        if (kind == Kind::reversal && rng_.below(4) == 0) return add_overtaken(message);
        if (names_another(kind)) {
            const auto other = find_other(kind);
            if (!other) kind = Kind::sale;
            message.of = other.value_or(0);
        }
        message.kind = kind;
        if (names_another(kind)) return add_about_another(message);
        message.card = static_cast<std::uint32_t>(rng_.below(plan_.settings.cards));
        message.amount_minor = kind == Kind::inquiry ? 0 : amount();
        plan_.messages.push_back(message);
    }

    static bool has(const std::vector<bool>& marks, std::size_t at) { return at < marks.size() && marks[at]; }
    static void mark(std::vector<bool>& marks, std::size_t at)
    {
        marks.resize(std::max(marks.size(), at + 1));
        marks[at] = true;
    }

    std::int64_t amount() { return 1 + static_cast<std::int64_t>(rng_.below(amount_max)); }

    void add_overtaken(PlannedMessage reversal)
    {
        reversal.kind = Kind::reversal;
        reversal.of = plan_.messages.size() + 1;
        reversal.card = static_cast<std::uint32_t>(rng_.below(plan_.settings.cards));
        reversal.amount_minor = amount();
        PlannedMessage sale = reversal;
        sale.kind = Kind::sale;
        sale.of = 0;
        sale.connection = static_cast<std::uint32_t>(rng_.below(plan_.settings.connections));
        mark(is_reversed_, reversal.of);
        plan_.messages.push_back(reversal);
        plan_.messages.push_back(sale);
    }

    void add_about_another(PlannedMessage message)
    {
        const PlannedMessage& other = plan_.messages[message.of];
        message.card = other.card;
        message.amount_minor = other.amount_minor;
        // A refund may be of a part; another content is another amount.
        if (message.kind == Kind::linked_refund)
            message.amount_minor =
                1 + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(other.amount_minor)));
        if (message.kind == Kind::other_content) {
            message.amount_minor += 1;
            mark(has_other_content_, message.of);
        }
        if (message.kind == Kind::reversal) mark(is_reversed_, message.of);
        plan_.messages.push_back(message);
    }

    /// A message that `kind` can be of.
    std::optional<std::size_t> find_other(Kind kind)
    {
        const std::size_t back_max = std::min(plan_.messages.size(), repeated_back_max);
        for (int tries = 0; tries < 8 && back_max > 0; ++tries) {
            const std::size_t at = plan_.messages.size() - 1 - rng_.below(back_max);
            if (suits(kind, at)) return at;
        }
        return std::nullopt;
    }

    bool suits(Kind kind, std::size_t at) const
    {
        const Kind other = plan_.messages[at].kind;
        const bool is_original = !names_another(other);
        switch (kind) {
        case Kind::cancel:
        case Kind::linked_refund:
            return other == Kind::sale;
        case Kind::other_content:
            return (other == Kind::sale || other == Kind::refund) && !has(has_other_content_, at);
        case Kind::reversal:
            return (is_original || other == Kind::cancel || other == Kind::linked_refund) &&
                   other != Kind::inquiry && !has(is_reversed_, at);
        default: // repeats: of anything that is a message of its own
            return other != Kind::marked_repeat && other != Kind::same_bytes;
        }
    }

    void add_faults()
    {
        const std::size_t room = plan_.settings.messages;
        std::size_t wanted = plan_.settings.faults;
        if (wanted == 0) wanted = std::max(ProcessFault::kinds, room / messages_per_fault);
        std::vector<ProcessFault::Kind> kinds;
        for (std::size_t i = 0; i < wanted; ++i)
            kinds.push_back(
                i < ProcessFault::kinds
                    ? static_cast<ProcessFault::Kind>(i)
                    : drawn<ProcessFault::Kind>(fault_shares, ProcessFault::Kind::server_and_postgres, rng_));
        for (std::size_t i = kinds.size(); i > 1; --i) std::swap(kinds[i - 1], kinds[rng_.below(i)]);
        for (const ProcessFault::Kind kind : kinds)
            plan_.faults.push_back({kind, place_in(room), wait_of(kind)});
        std::ranges::stable_sort(plan_.faults, {}, &ProcessFault::at);
    }

    std::size_t place_in(std::size_t room)
    {
        return room <= first_fault_at ? rng_.below(room) : first_fault_at + rng_.below(room - first_fault_at);
    }

    std::chrono::milliseconds wait_of(ProcessFault::Kind kind)
    {
        using Fault = ProcessFault::Kind;
        const std::chrono::milliseconds extra(rng_.below(400));
        if (kind == Fault::server_freeze || kind == Fault::postgres_freeze)
            return plan_.settings.freeze_min + extra;
        if (kind == Fault::postgres_stop || kind == Fault::server_and_postgres) return extra;
        return std::chrono::milliseconds{0};
    }

    FirePlan plan_;
    Rng rng_;
    std::vector<bool> is_reversed_; ///< messages with a reversal: each gets one
    std::vector<bool> has_other_content_;
};

} // namespace

FirePlan make_fire_plan(const FirePlanSettings& settings)
{
    return Planner(settings).run();
}

Treatment FirePlan::treatment(Direction direction, std::uint64_t number, std::size_t message_bytes) const
{
    constexpr std::uint64_t spread = 0xD1342543DE82EF95U;
    Rng rng(settings.seed * spread + number * 2 + (direction == Direction::answer ? 1 : 0));
    (void)rng.next(); // neighbours begin alike
    const std::span<const Share<Treatment::Kind>> shares =
        direction == Direction::request ? std::span<const Share<Treatment::Kind>>(request_shares)
                                        : answer_shares;
    Treatment treatment;
    treatment.kind = drawn<Treatment::Kind>(shares, Treatment::Kind::pass, rng, 10'000);
    if (treatment.kind == Treatment::Kind::delay)
        treatment.wait = std::chrono::milliseconds(1 + rng.below(1500));
    // Not so long that an answer of the last moment would look late.
    if (treatment.kind == Treatment::Kind::pause)
        treatment.wait = std::chrono::milliseconds(50 + rng.below(100));
    if (treatment.kind == Treatment::Kind::flip)
        treatment.bytes = rng.below(std::min(message_bytes, flipped_max));
    if (treatment.kind == Treatment::Kind::cut) treatment.bytes = rng.below(message_bytes + 3);
    return treatment;
}

std::string_view name_of(Kind kind)
{
    constexpr std::array<std::string_view, 9> names{"sale",          "refund",     "inquiry",
                                                    "linked_refund", "cancel",     "reversal",
                                                    "marked_repeat", "same_bytes", "other_content"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(ProcessFault::Kind kind)
{
    constexpr std::array<std::string_view, ProcessFault::kinds> names{
        "server_kill",  "server_stop",   "server_freeze",   "backend_terminate",
        "backend_kill", "postgres_stop", "postgres_freeze", "server_and_postgres"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Treatment::Kind kind)
{
    constexpr std::array<std::string_view, Treatment::kinds> names{
        "pass", "drop", "delay", "twice", "swap", "cut", "pause", "half_close", "flip"};
    return names.at(static_cast<std::size_t>(kind));
}

void write_plan(const FirePlan& plan, std::ostream& out)
{
    out << "seed " << plan.settings.seed << " messages " << plan.messages.size() << "\n";
    for (const ProcessFault& fault : plan.faults)
        out << "fault at " << fault.at << " " << name_of(fault.kind) << " " << fault.wait.count() << " ms\n";
    for (const Direction direction : {Direction::request, Direction::answer}) {
        for (std::size_t i = 0; i < plan.messages.size(); ++i) {
            constexpr std::size_t usual_bytes = 150;
            const Treatment treatment = plan.treatment(direction, i, usual_bytes);
            if (treatment.kind == Treatment::Kind::pass) continue;
            out << (direction == Direction::request ? "request " : "answer ") << i << " "
                << name_of(treatment.kind) << " " << treatment.wait.count() << " ms\n";
        }
    }
    for (std::size_t i = 0; i < plan.messages.size(); ++i) {
        const PlannedMessage& message = plan.messages[i];
        out << "message " << i << " " << name_of(message.kind) << " card " << message.card << " amount "
            << message.amount_minor << " of " << message.of << " on " << message.connection << "\n";
    }
}

} // namespace sim
