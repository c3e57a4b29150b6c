#include "tests/bench/ledger_shop.hpp"

#include "codec/decode.hpp"
#include "sim/load_run.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/ledger_past.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace bench {

namespace {

using sim::Clock;

constexpr std::chrono::seconds patience{120}; ///< for all answers
const sim::Amount money{1'000'000'000, "JPY"};
const sim::Amount price{1, "JPY"};

void execute(const std::string& url, const std::string& sql)
{
    pqxx::connection connection(url);
    pqxx::nontransaction(connection).exec(sql);
}

template <class T> T value(const std::string& url, const std::string& sql)
{
    pqxx::connection connection(url);
    return pqxx::nontransaction(connection).exec1(sql)[0].as<T>();
}

void wait_for_all(sim::LoadLine& line, std::size_t count)
{
    const auto end = Clock::now() + patience;
    for (auto slice = Clock::now();
         slice < end && Clock::now() >= slice;) { // earlier: all came, or all closed
        stop_on_signal();
        slice = Clock::now() + std::chrono::seconds(1);
        (void)line.wait_for(count, slice);
    }
}

/// Sends one message and waits for its answer.
void send_alone(const sim::NetworkModel& network, const sim::Address& address, const sim::Delivery& message)
{
    std::string code;
    sim::Wire wire(network.wire_form(), {[&](const std::string&, std::span<const std::uint8_t> bytes) {
                                             code = codec::decode(network.dialect(), bytes).value().get(39);
                                         },
                                         [](const std::string&) {}});
    wire.connect("", address);
    wire.send("", message.request);
    (void)wire.run_until([&] { return !code.empty(); }, Clock::now() + patience);
    if (code != "00") throw std::runtime_error("a message was answered \"" + code + "\"");
}

/// How many were approved: all, once each.
std::size_t approved_once(const sim::Load& load)
{
    for (const sim::LoadMessage& message : load.messages()) {
        if (message.answers.size() != 1)
            throw std::runtime_error("a sale has " + std::to_string(message.answers.size()) + " answers");
        if (message.answers.front().code != "00")
            throw std::runtime_error("a sale was answered \"" + message.answers.front().code + "\"");
    }
    if (load.strays() > 0) throw std::runtime_error("an answer came that nobody waits for");
    return load.messages().size();
}

/// Evenly spaced sales at `price`, on all cards alike.
sim::ScheduleSettings schedule_of(double per_second, std::size_t count, std::size_t cards)
{
    sim::RateStage stage;
    stage.from = per_second;
    stage.lasts =
        std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(count) / per_second * 1e9));
    sim::ScheduleSettings settings;
    settings.seed = sim::wall_clock_us();
    settings.stages = {stage};
    settings.arrivals = sim::Arrivals::constant;
    settings.mix = {{}};
    settings.cards = cards;
    settings.amount_min = settings.amount_max = price.minor;
    return settings;
}

} // namespace

/// What counts up while sales are sent.
struct Shop::Meter {
    explicit Meter(const Shop& shop)
        : wal_bytes(value<double>(shop.url_, "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn")),
          transactions(value<double>(shop.url_, "select pg_snapshot_xmax(pg_current_snapshot())::text")),
          server(cpu_seconds_of(shop.host_->pid())), cpu(cpu_seconds()), at(Clock::now())
    {
    }

    double wal_bytes;
    double transactions; ///< that wrote, in the whole cluster
    double server;
    Cpu cpu;
    Clock::time_point at;
};

Shop::Shop(const ShopSettings& settings, const std::string& purpose)
    : settings_(settings), database_(create_database(settings.url, "ledger_" + purpose)),
      url_(url_of(settings.url, database_)), ids_(sim::wall_clock_us(), sim::wall_clock_us())
{
    sim::TestBed::Settings bed;
    bed.bin = sim::own_folder();
    bed.database_url = url_;
    bed.workers = settings_.workers;
    bed_ = std::make_unique<sim::TestBed>(bed);
    imported_ = import_cards(*bed_, ids_, settings_.cards, money);
    // Neighbours in the table are no neighbours in the traffic.
    std::shuffle(imported_.cards.begin(), imported_.cards.end(), std::mt19937_64(ids_.seed()));
    execute(url_, "vacuum analyze");
    since_ = value<std::string>(url_, "select lowest_key(now() - interval '1 minute')");
    host_ = bed_->start_host();
}

Shop::~Shop()
{
    try {
        (void)host_->stop();
        execute(settings_.url, "drop database " + database_);
    } catch (const std::exception&) {
        // The cluster ends with the run.
    }
}

void Shop::age(std::size_t rows)
{
    sell_and_take_back();
    append_past(url_, rows);
}

/// A sale and its fault reversal on a card that sells nothing else: the pattern of what append_past() writes.
void Shop::sell_and_take_back()
{
    const sim::CardInHand card = imported_.cards.back();
    imported_.cards.pop_back();
    const sim::Side& side = bed_->sides().front();
    const sim::Address address = host_->address(side.links.front());
    sim::Terminal terminal(*side.model, ids_, ids_.next_terminal());
    sim::Send sale;
    sale.kind = "sale";
    sale.as = "sale";
    sale.amount = price;
    sim::Exchange& sold = terminal.write(sale, &card);
    send_alone(*side.model, address, terminal.add_delivery(sold, "", {}, false));
    sim::Send reversal;
    reversal.kind = "reversal";
    reversal.as = "reversal";
    reversal.of = "sale";
    reversal.reason = "timeout";
    sim::Exchange& reversed = terminal.write(reversal, &card);
    send_alone(*side.model, address, terminal.add_delivery(reversed, "", {}, false));
}

sim::Load Shop::write(Traffic traffic, std::size_t count)
{
    stop_on_signal();
    sim::Load::Settings settings;
    settings.cards = imported_.cards;
    if (traffic == Traffic::one_card) settings.cards.resize(1);
    settings.merchants = traffic == Traffic::one_merchant ? 1 : settings_.merchants;
    settings.amount = price;
    settings.count = count;
    return {*bed_->sides().front().model, ids_, settings};
}

sim::Address Shop::address() const
{
    return host_->address(bed_->sides().front().links.front());
}

Measurement Shop::sell(Traffic traffic, std::size_t count)
{
    sim::Load load = write(traffic, count);
    const std::size_t in_books = approvals_in_books();
    sim::LoadLine line(load, address(), {settings_.connections, settings_.in_flight});
    const Meter before(*this);
    line.send(load.unanswered());
    wait_for_all(line, count);
    Measurement measurement = summed_up(count, before);
    for (const sim::LoadMessage& message : load.messages())
        for (const auto& answer : message.answers) measurement.times.record(answer.took);
    compare_with_books(approved_once(load), in_books);
    return measurement;
}

Measurement Shop::sell_at_rate(double per_second, std::size_t count)
{
    stop_on_signal();
    const sim::NetworkModel& network = *bed_->sides().front().model;
    const sim::ScheduleSettings planned = schedule_of(per_second, count, imported_.cards.size());
    const sim::Schedule schedule(planned);
    sim::LoadWriterSettings written;
    written.scenarios = {"sale"};
    written.cards = imported_.cards;
    written.currency = price.currency;
    written.merchants = settings_.merchants;
    written.seed = ids_.seed();
    written.start_us = sim::wall_clock_us();
    sim::LoadWriter writer(network, schedule, written);
    const std::size_t in_books = approvals_in_books();
    sim::LoadRun load(network, schedule, writer, planned.stages,
                      {.address = address(), .connections = settings_.connections, .deadline = patience},
                      {.tick = stop_on_signal});
    const Meter before(*this);
    load.run();
    const sim::LoadMeasure total = load.tally().total();
    Measurement measurement = summed_up(total.sent, before);
    measurement.times = total.response;
    measurement.slips = total.slip;
    if (total.unanswered > 0 || load.totals().strays > 0 || load.totals().sent < load.totals().planned)
        throw std::runtime_error("not every sale has one answer");
    if (total.declined > 0) throw std::runtime_error(std::to_string(total.declined) + " sales were declined");
    compare_with_books(total.answered, in_books);
    return measurement;
}

Measurement Shop::summed_up(std::size_t messages, const Meter& before) const
{
    const Meter after(*this);
    const auto count = static_cast<double>(messages);
    Measurement m;
    m.per_second = count / std::chrono::duration<double>(after.at - before.at).count();
    m.server_us = (after.server - before.server) * 1e6 / count;
    m.postgres_us = (after.cpu.postgres - before.cpu.postgres) * 1e6 / count;
    m.simulator_us = (after.cpu.own - before.cpu.own) * 1e6 / count;
    m.batch = count / (after.transactions - before.transactions);
    m.wal_bytes = (after.wal_bytes - before.wal_bytes) / count;
    return m;
}

void Shop::compare_with_books(std::size_t approved, std::size_t in_books_before) const
{
    const std::size_t in_books = approvals_in_books() - in_books_before;
    if (in_books != approved)
        throw std::runtime_error(std::to_string(approved) + " approvals came, " + std::to_string(in_books) +
                                 " are in the books");
}

/// Those that moved money.
std::size_t Shop::approvals_in_books() const
{
    return value<std::size_t>(url_, "select count(*) from journal j join posting p using (key) "
                                    "where j.operation = 'sale' and j.reason = 'approved' and j.key >= '" +
                                        since_ + "' and p.key >= '" + since_ + "'");
}

double Shop::check()
{
    const auto begin = Clock::now();
    const sim::CtlOffice::Books books = bed_->office().check_books();
    if (books.status != 0) throw std::runtime_error("the books are wrong:\n" + books.text);
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

} // namespace bench
