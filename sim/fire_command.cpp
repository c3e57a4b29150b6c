#include "sim/fire_command.hpp"

#include "sim/fire_report.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>

namespace sim {

namespace {

constexpr std::chrono::milliseconds network_timeout{2'000};
/// The part of a network's timeout that is kept free of answers (`safety` of a link). The recorder stands
/// where the network does: what a link counts for the way there and back has passed when it sees an answer.
constexpr std::chrono::milliseconds safety{200};
constexpr std::chrono::seconds settle_limit{60};
constexpr std::size_t sample = 20; ///< every so manyth message is asked once more at the end

/// Money for about four fifths of the sales, so that some are refused.
std::int64_t opening_of(const FireOptions& options)
{
    constexpr std::size_t usual_sale = 110; ///< minor units a message, what is given back taken off
    return static_cast<std::int64_t>(
        std::max<std::size_t>(1'000, usual_sale * options.messages / options.cards));
}

/// One run, from the cards to the verdict.
class Fire {
public:
    explicit Fire(const FireOptions& options)
        : options_(options), plan_(make_fire_plan({.seed = options.seed,
                                                   .messages = options.messages,
                                                   .faults = options.faults,
                                                   .cards = options.cards})),
          bed_({.bin = options.bin,
                .database_url = options.database_url,
                .network_timeout = std::to_string(network_timeout.count()) + "ms"}),
          ids_(options.seed, wall_clock_us()),
          imported_(import_cards(bed_, ids_, options.cards, Amount{opening_of(options), "JPY"})),
          side_(bed_.sides().front()), writer_(*side_.model, ids_, imported_.cards), host_(bed_.start_host()),
          postgres_(options.postgres_data, options.database_url, bed_.folder() + "/postgres.log")
    {
        std::ofstream file(bed_.folder() + "/plan.txt");
        write_plan(plan_, file);
    }

    FireReport run()
    {
        const auto begin = Clock::now();
        FireReport report;
        report.seed = options_.seed;
        for (const std::string& name : options_.tolerated) report.tolerated.push_back(*breach_named(name));
        report.planned = plan_.messages.size();
        open_proxy(report);
        FireFaults faults({*host_, postgres_, *proxy_, side_.links, options_.seed});
        send(faults, report);
        report.faults = faults.counts();
        report.own_ends = faults.own_ends();
        report.stop_status = host_->stop();
        proxy_.reset(); // from here on the recording is complete
        judge(report);
        report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        return report;
    }

    /// What is needed to find out why.
    std::string keep(const FireReport& report)
    {
        std::ofstream recording(bed_.folder() + "/recording.txt");
        recording_.write(recording, side_.model->dialect());
        std::ofstream(bed_.folder() + "/books.ndjson") << export_;
        std::ofstream(bed_.folder() + "/report.json") << json_of(report);
        bed_.keep();
        return bed_.folder();
    }

private:
    void open_proxy(FireReport& report)
    {
        Proxy::Settings settings;
        settings.framing = side_.model->wire_form().framing;
        settings.doors = side_.links.size();
        settings.treat = [this, &report](const PassingFrame& frame) {
            if (is_quiet_) return Treatment{};
            const Treatment treatment = plan_.treatment(frame.direction, frame.number, frame.message.size());
            ++report.treatments.at(static_cast<std::size_t>(treatment.kind));
            return treatment;
        };
        proxy_ = std::make_unique<Proxy>(std::move(settings), recording_);
    }

    void send(FireFaults& faults, FireReport& report)
    {
        std::vector<Address> doors;
        for (std::size_t i = 0; i < side_.links.size(); ++i) doors.push_back(proxy_->door(i));
        FireTraffic traffic(
            plan_, writer_, *side_.model, doors, {.network_timeout = network_timeout},
            {[&] { return faults.is_idle(); }, [&](const ProcessFault& f) { faults.begin(f); }});
        traffic.run();
        is_quiet_ = true;
        const auto begin = Clock::now();
        report.unanswered = traffic.settle(settle_limit);
        report.settled_after = std::chrono::duration<double>(Clock::now() - begin).count();
        traffic.repeat_every(sample);
        report.traffic = traffic.counts();
    }

    void judge(FireReport& report)
    {
        const Finished finished = run_program(
            {options_.bin + "/tollgatectl", "--database", options_.database_url, "tx", "export"}, "");
        if (finished.status != 0) throw OfficeError("tollgatectl tx export: " + finished.err);
        export_ = finished.out;
        report.books = bed_.office().check_books();
        AuditSettings settings{side_.model->dialect(), network_timeout - safety, {}, opening_of(options_)};
        for (std::size_t i = 0; i < imported_.cards.size(); ++i)
            settings.account_of[imported_.cards[i].pan] =
                imported_.first_account + static_cast<std::int64_t>(i);
        report.audit = audit(recording_, parse_books(export_), settings);
    }

    const FireOptions& options_;
    FirePlan plan_;
    TestBed bed_;
    RunIds ids_;
    ImportedCards imported_;
    const Side& side_;
    FireWriter writer_;
    std::unique_ptr<ChildHost> host_;
    FirePostgres postgres_;
    Recording recording_;
    std::unique_ptr<Proxy> proxy_;
    std::atomic<bool> is_quiet_{false};
    std::string export_;
};

} // namespace

CLI::App* add_fire(CLI::App& program, FireOptions& options)
{
    CLI::App* fire = program.add_subcommand(
        "fire",
        "kill server, database and connections under random traffic, then prove that nothing is lost");
    fire->add_option("--messages", options.messages,
                     "planned ones; what a network repeats and reverses comes on top")
        ->check(CLI::Range(100, 10'000'000));
    fire->add_option("--faults", options.faults,
                     "of processes (default: one for each 800 messages, at least 8)");
    fire->add_option("--cards", options.cards, "each with an account")->check(CLI::Range(1, 100'000));
    fire->add_option("--postgres-data", options.postgres_data,
                     "the cluster's data folder; the run stops and starts it")
        ->envname("TOLLGATE_POSTGRES_DIR");
    std::vector<std::string> breaches;
    for (std::size_t i = 0; i < breach_count; ++i) breaches.emplace_back(name_of(static_cast<Breach>(i)));
    fire->add_option("--tolerate", options.tolerated, "a kind of breach that is counted and fails no run")
        ->type_name("BREACH")
        ->check(CLI::IsMember(breaches));
    fire->add_flag("--plan", options.only_plan, "print what the seed stands for, and do nothing");
    return fire;
}

Exit run_fire(const FireOptions& options, std::ostream& out, std::ostream& err)
{
    std::ostream& words = options.wants_json ? err : out;
    words << "seed " << options.seed << std::endl;
    if (options.only_plan) {
        write_plan(make_fire_plan({.seed = options.seed,
                                   .messages = options.messages,
                                   .faults = options.faults,
                                   .cards = options.cards}),
                   out);
        return Exit::done;
    }
    Fire fire(options);
    const FireReport report = fire.run();
    out << (options.wants_json ? json_of(report) : text_of(report));
    if (report.is_good()) return Exit::done;
    words << "kept in " << fire.keep(report) << "\nrepeat with: scripts/chaos --seed " << options.seed
          << " --messages " << options.messages
          << (options.faults == 0 ? "" : " --faults " + std::to_string(options.faults)) << "\n";
    return report.books.status == 0 ? Exit::differs : Exit::money;
}

} // namespace sim
