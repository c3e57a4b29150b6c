#include "sim/fire_stage.hpp"

#include <fstream>

namespace sim {

namespace {

/// The part of a network's timeout that is kept free of answers (`safety` of a link). The recorder stands
/// where the network does: what a link counts for the way there and back has passed when it sees an answer.
constexpr std::chrono::milliseconds safety{200};

TestBed::Settings bed_settings(const FireStage::Settings& settings)
{
    TestBed::Settings bed;
    bed.bin = settings.options.bin;
    bed.database_url = settings.options.database_url;
    bed.network_timeout = std::to_string(settings.traffic.network_timeout.count()) + "ms";
    return bed;
}

} // namespace

FireStage::FireStage(Settings settings)
    : settings_(std::move(settings)), bed_(bed_settings(settings_)),
      ids_(settings_.options.seed, wall_clock_us()),
      imported_(import_cards(bed_, ids_, settings_.options.cards, Amount{settings_.opening_minor, "JPY"})),
      side_(bed_.sides().front()), writer_(*side_.model, ids_, imported_.cards), host_(bed_.start_host())
{
    Proxy::Settings proxy;
    proxy.framing = side_.model->wire_form().framing;
    proxy.doors = side_.links.size();
    proxy.treat = settings_.treat;
    proxy_ = std::make_unique<Proxy>(std::move(proxy), recording_);
}

std::unique_ptr<FireTraffic> FireStage::traffic(const FirePlan& plan, FireTraffic::Faults faults)
{
    std::vector<Address> doors;
    for (std::size_t i = 0; i < side_.links.size(); ++i) doors.push_back(proxy_->door(i));
    return std::make_unique<FireTraffic>(plan, writer_, *side_.model, doors, settings_.traffic,
                                         std::move(faults));
}

void FireStage::open_doors()
{
    for (std::size_t i = 0; i < side_.links.size(); ++i) proxy_->lead(i, host_->address(side_.links[i]));
}

void FireStage::close_doors()
{
    for (std::size_t i = 0; i < side_.links.size(); ++i) proxy_->lead(i, std::nullopt);
}

void FireStage::judge(FireReport& report)
{
    proxy_.reset();
    const Finished finished = run_program({settings_.options.bin + "/tollgatectl", "--database",
                                           settings_.options.database_url, "tx", "export"},
                                          "");
    if (finished.status != 0) throw OfficeError("tollgatectl tx export: " + finished.err);
    export_ = finished.out;
    report.books = bed_.office().check_books();
    AuditSettings settings{
        side_.model->dialect(), settings_.traffic.network_timeout - safety, {}, settings_.opening_minor};
    for (std::size_t i = 0; i < imported_.cards.size(); ++i)
        settings.account_of[imported_.cards[i].pan] = imported_.first_account + static_cast<std::int64_t>(i);
    report.audit = audit(recording_, parse_books(export_), settings);
}

std::string FireStage::keep(const FireReport& report)
{
    std::ofstream recording(bed_.folder() + "/recording.txt");
    recording_.write(recording, side_.model->dialect());
    std::ofstream(bed_.folder() + "/books.ndjson") << export_;
    std::ofstream(bed_.folder() + "/report.json") << json_of(report);
    bed_.keep();
    return bed_.folder();
}

} // namespace sim
