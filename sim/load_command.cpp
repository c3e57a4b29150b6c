#include "sim/load_command.hpp"

#include "sim/load.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>

namespace sim {

namespace json = boost::json;

namespace {

struct Summary {
    std::map<std::string, std::size_t> by_code;
    std::vector<double> times_us; ///< ascending
    double seconds = 0;
};

Summary summed_up(const Load& load)
{
    Summary summary;
    for (const LoadMessage& message : load.messages()) {
        for (const LoadMessage::Seen& seen : message.answers) {
            ++summary.by_code[seen.code];
            summary.times_us.push_back(std::chrono::duration<double, std::micro>(seen.took).count());
        }
    }
    std::sort(summary.times_us.begin(), summary.times_us.end());
    return summary;
}

double percentile(const std::vector<double>& ascending, double part)
{
    if (ascending.empty()) return 0;
    const auto at = static_cast<std::size_t>(part * static_cast<double>(ascending.size() - 1));
    return ascending[at];
}

json::object object_of(const Summary& summary, const LoadOptions& options)
{
    json::object codes;
    for (const auto& [code, count] : summary.by_code) codes[code] = count;
    return {{"schema", "tollgate/load/1"},
            {"seed", std::to_string(options.seed)},
            {"network", options.network},
            {"count", options.count},
            {"answers", summary.times_us.size()},
            {"codes", std::move(codes)},
            {"seconds", summary.seconds},
            {"per_second", static_cast<double>(summary.times_us.size()) / summary.seconds},
            {"p50_us", percentile(summary.times_us, 0.5)},
            {"p99_us", percentile(summary.times_us, 0.99)}};
}

} // namespace

ImportedCards import_cards(TestBed& bed, RunIds& ids, std::size_t count, const Amount& balance)
{
    ImportedCards imported;
    const std::string file = bed.folder() + "/cards.csv";
    const std::string text = text_of(balance);
    const std::string number = text.substr(0, text.find(' ')); // the currency has a column of its own
    {
        std::ofstream out(file);
        out << "pan,expiry,currency,balance\n";
        for (std::size_t i = 0; i < count; ++i) {
            imported.cards.push_back({ids.next_pan("999999"), "3512"});
            out << imported.cards.back().pan << ",2035-12," << balance.currency << "," << number << "\n";
        }
    }
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const CtlOffice::Import import = bed.office().import_cards(file);
    std::filesystem::remove(file);
    imported.first_account = import.first_account;
    return imported;
}

Exit run_load(const LoadOptions& options, std::ostream& out)
{
    TestBed bed({.bin = options.bin, .database_url = options.database_url});
    const auto side = std::find_if(bed.sides().begin(), bed.sides().end(),
                                   [&](const Side& s) { return s.model->name() == options.network; });
    if (side == bed.sides().end())
        throw HostError("the server of a load has no network \"" + options.network + "\"");
    RunIds ids(options.seed, wall_clock_us());
    const Amount amount{1, "JPY"};
    const ImportedCards imported =
        import_cards(bed, ids, options.cards, Amount{static_cast<std::int64_t>(options.count), "JPY"});
    const auto host = bed.start_host();
    Load load(*side->model, ids, {imported.cards, amount, options.count});

    const auto begin = Clock::now();
    (void)load.send(load.unanswered(), host->address(side->links.front()),
                    {options.connections, options.in_flight}, std::chrono::minutes(10));
    Summary summary = summed_up(load);
    summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    (void)host->stop();
    const CtlOffice::Books books = bed.office().check_books();

    const json::object object = object_of(summary, options);
    if (options.wants_json) {
        out << json::serialize(object) << "\n";
    } else {
        for (const auto& [key, value] : object)
            out << std::string(key) << ": " << json::serialize(value) << "\n";
        out << books.text;
    }
    if (books.status != 0) return Exit::money;
    return summary.by_code["00"] == options.count ? Exit::done : Exit::differs;
}

} // namespace sim
