// The program behind `scripts/bench codec`: what one message costs to read and to write. The message is the
// 0200 of tests/golden/*/0200-chip-sale.hex: 18 elements, 120 bytes of chip data, 304 bytes in ASCII and 252
// packed.

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/counted_allocations.hpp"

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>

#include <array>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view ascii_hex = "303230303732334334343831303845303832303031363437363137333930303130313"
                                       "031313930303030303030303030303030313233343531"
                                       "313232313033303435313233343536313033303435313132323238313235343131303"
                                       "531303030363132333435363533323631303132333435"
                                       "365445524D303030314D45524348414E543030303030303141434D452053544F52452"
                                       "030303031202020202020202020204245524C494E2020"
                                       "202020202044453937383132309F2608A1B2C3D4E5F607189F2701809F100706010A0"
                                       "3A0B8009F3704123456789F3602004295058000048000"
                                       "9A032511229C01009F02060000000123455F2A020978820219809F1A0202769F34034"
                                       "203008407A00000000310109F3303E0B8C89F3501229F"
                                       "1E0831323334353637389F0902008C5F340101";
constexpr std::string_view binary_hex = "0200723C448108E08200164761739001010119000000000000012345112210304512"
                                        "3456103045112228125411005100061234563533323631"
                                        "303132333435365445524D303030314D45524348414E543030303030303141434D45"
                                        "2053544F52452030303031202020202020202020204245"
                                        "524C494E20202020202020444539373801209F2608A1B2C3D4E5F607189F2701809F"
                                        "100706010A03A0B8009F3704123456789F360200429505"
                                        "80000480009A032511229C01009F02060000000123455F2A020978820219809F1A02"
                                        "02769F34034203008407A00000000310109F3303E0B8C8"
                                        "9F3501229F1E0831323334353637389F0902008C5F340101";

Bytes bytes_of_hex(std::string_view hex)
{
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
}

/// One dialect's message, in all the forms that the measured loops need. Made before anything is measured.
struct Subject {
    std::shared_ptr<const codec::Dialect> dialect;
    Bytes wire;
    codec::Message from_values; ///< every element set by hand: nothing of it is written by copying wire bytes

    Subject(std::string_view name, std::string_view hex)
        : dialect(codec::dialect_named(name)), wire(bytes_of_hex(hex)), from_values(codec::Mti{})
    {
        const auto decoded = codec::decode(*dialect, wire).value();
        from_values.set_mti(decoded.mti());
        for (const int de : decoded.elements()) from_values.set(de, decoded.get(de));
        Bytes again;
        codec::encode(*dialect, from_values, again).value();
        if (again != wire || from_values.elements().size() != 18)
            throw std::logic_error("the message does not come back as it was");
    }
};

std::size_t read_four(const codec::Message& message)
{
    std::size_t size = 0;
    for (const int de : {2, 4, 11, 41}) {
        const std::string_view value = message.get(de);
        benchmark::DoNotOptimize(value.data());
        size += value.size();
    }
    return size;
}

/// Runs the loop after a first turn, which may allocate what later turns use again.
template <class Turn> void measure(benchmark::State& state, Turn turn)
{
    turn();
    const std::size_t before = tests::allocations;
    for (auto _ : state) turn();
    state.counters["allocations"] = benchmark::Counter(static_cast<double>(tests::allocations - before),
                                                       benchmark::Counter::kAvgIterations);
}

void decode(benchmark::State& state, const Subject& s)
{
    codec::Message message;
    measure(state, [&] {
        benchmark::DoNotOptimize(codec::decode(*s.dialect, s.wire, message).has_value());
        benchmark::DoNotOptimize(read_four(message));
    });
}

void encode(benchmark::State& state, const Subject& s)
{
    std::array<std::uint8_t, 1024> out;
    measure(state, [&] {
        benchmark::DoNotOptimize(codec::encode(*s.dialect, s.from_values, out).value());
        benchmark::ClobberMemory();
    });
}

/// Read, four elements looked at, and a message of 18 values written: what the peers were measured with.
void roundtrip(benchmark::State& state, const Subject& s)
{
    codec::Message message;
    std::array<std::uint8_t, 1024> out;
    measure(state, [&] {
        benchmark::DoNotOptimize(codec::decode(*s.dialect, s.wire, message).has_value());
        benchmark::DoNotOptimize(read_four(message));
        benchmark::DoNotOptimize(codec::encode(*s.dialect, s.from_values, out).value());
        benchmark::ClobberMemory();
    });
}

/// Read, every value taken out, put into another message, and that one written from its values.
void rebuild(benchmark::State& state, const Subject& s)
{
    codec::Message message;
    codec::Message copy;
    std::array<std::uint8_t, 1024> out;
    measure(state, [&] {
        benchmark::DoNotOptimize(codec::decode(*s.dialect, s.wire, message).has_value());
        copy.clear();
        copy.set_mti(message.mti());
        for (int de = message.next_after(0); de != 0; de = message.next_after(de))
            copy.set(de, message.get(de));
        benchmark::DoNotOptimize(codec::encode(*s.dialect, copy, out).value());
        benchmark::ClobberMemory();
    });
}

/// What a server does: reads a request and answers with eleven of its elements, byte for byte, and two new
/// ones.
void answer(benchmark::State& state, const Subject& s)
{
    codec::Message message;
    codec::Message answer;
    std::array<std::uint8_t, 1024> out;
    measure(state, [&] {
        benchmark::DoNotOptimize(codec::decode(*s.dialect, s.wire, message).has_value());
        answer.clear();
        answer.set_mti(codec::answer_to(message.mti()));
        for (const int de : {2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49}) answer.echo(de, message);
        answer.set(38, "A12345");
        answer.set(39, "00");
        benchmark::DoNotOptimize(codec::encode(*s.dialect, answer, out).value());
        benchmark::ClobberMemory();
    });
}

/// Keeps what the runs say.
class Collector : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration) continue;
            ns_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
            double& most = allocations_[run.run_name.function_name];
            most = std::max(most, run.counters.at("allocations").value);
        }
    }

    [[nodiscard]] double ns(const std::string& name) const { return bench::median(ns_.at(name)); }
    [[nodiscard]] double allocations(const std::string& name) const { return allocations_.at(name); }

private:
    std::map<std::string, std::vector<double>> ns_;
    std::map<std::string, double> allocations_;
};

struct Settings {
    int rounds = 11;
    bool json = false;
};

void run(const Settings& settings)
{
    const std::pair<std::string, Subject> subjects[] = {{"ascii", Subject("iso87-ascii", ascii_hex)},
                                                        {"binary", Subject("iso87-bcd", binary_hex)}};
    const std::pair<std::string, void (*)(benchmark::State&, const Subject&)> loops[] = {
        {"roundtrip", roundtrip},
        {"decode", decode},
        {"encode", encode},
        {"rebuild", rebuild},
        {"answer", answer}};
    std::vector<bench::Metric> metrics;
    for (const auto& [loop, function] : loops)
        for (const auto& [dialect, subject] : subjects) {
            const std::string name = loop + "_ns_" + dialect;
            benchmark::RegisterBenchmark(name.c_str(),
                                         [&, f = function](benchmark::State& state) { f(state, subject); })
                ->Repetitions(settings.rounds)
                ->MinTime(0.1);
            metrics.push_back({.key = name, .unit = "ns", .goal = {}, .better = bench::Better::lower});
            if (loop == "roundtrip") metrics.back().goal = 240;
        }

    // The rounds of all loops are mixed, so that a busy neighbour hits each alike.
    std::string program = "tollgate-bench-codec";
    std::string mixed = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {program.data(), mixed.data(), nullptr};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector);

    bench::Metric most{.key = "allocations", .unit = "", .goal = 0, .better = bench::Better::lower};
    for (bench::Metric& metric : metrics) {
        metric.value = collector.ns(metric.key);
        most.value = std::max(most.value, collector.allocations(metric.key));
    }
    metrics.push_back(most);
    bench::print("codec", settings.rounds, metrics, settings.json ? bench::Form::json : bench::Form::table);
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{
        "What one ISO 8583 message costs to read and to write: CPU nanoseconds, medians over the rounds."};
    Settings settings;
    app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_flag("--json", settings.json);
    CLI11_PARSE(app, argc, argv);
    try {
        run(settings);
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-codec: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
