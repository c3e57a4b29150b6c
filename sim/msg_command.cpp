#include "sim/msg_command.hpp"

#include "codec/hex.hpp"
#include "sim/msg_build.hpp"
#include "sim/msg_convert.hpp"
#include "sim/msg_describe.hpp"
#include "sim/msg_diff.hpp"
#include "sim/msg_doctor.hpp"
#include "sim/msg_json.hpp"
#include "sim/msg_validate.hpp"
#include "sim/toml_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <istream>
#include <ostream>

#include <CLI/CLI.hpp>

namespace sim {

namespace json = boost::json;

namespace {

const std::map<std::string, InputForm> input_words = {
    {"detect", InputForm::detect}, {"hex", InputForm::hex}, {"raw", InputForm::raw}};

std::string joined(const std::vector<std::string>& words, const std::string& between)
{
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

std::string hex_of(std::span<const std::uint8_t> bytes)
{
    return codec::hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

json::value json_of(const std::optional<std::string>& text)
{
    return text ? json::value(*text) : json::value(nullptr);
}

json::object json_of(const Difference& difference)
{
    return {{"path", difference.path},
            {"name", difference.name},
            {"first", json_of(difference.first)},
            {"second", json_of(difference.second)},
            {"hidden", difference.differs_where_hidden}};
}

json::object json_of(const Finding& finding)
{
    return {{"severity", finding.severity == Severity::error ? "error" : "warning"},
            {"number", finding.de},
            {"place", finding.place},
            {"text", finding.text}};
}

json::object json_of(const Diagnosis& diagnosis)
{
    return {{"score", diagnosis.score},
            {"dialect", diagnosis.reading.dialect->name},
            {"framing", diagnosis.envelope.framing},
            {"header", diagnosis.envelope.header},
            {"input", diagnosis.input == InputForm::hex ? "hex" : "raw"},
            {"whole", !diagnosis.reading.error},
            {"reason", diagnosis.reason}};
}

template <class Items> json::array array_of(const Items& items)
{
    json::array array;
    for (const auto& item : items) array.push_back(json_of(item));
    return array;
}

} // namespace

// --- options

MsgCommand::MsgCommand(CLI::App& program)
    : msg_(program.add_subcommand("msg", "look at messages, make them, compare them: no server, no network"))
{
    msg_->footer(
        "A MESSAGE is hex (spaces allowed), a file with hex or with the bytes, or - for standard input.\n"
        "Arguments can be seen in the list of processes: give real messages as files.");

    CLI::App& describe =
        add("describe", "elements with their places and values; exit 1 when it does not decode",
            "describe --dialect iso87-ascii 3038303030303230303030303030303030303030303030303031",
            &MsgCommand::describe);
    add_dialect(describe);
    add_envelope(describe);
    add_output(describe);
    add_message(describe);

    CLI::App& diff = add("diff", "element by element, part by part; exit 0 same, 1 different",
                         "diff --dialect iso87-bcd 08000020000000000000000001 08000020000000000000000002",
                         &MsgCommand::diff);
    add_dialect(diff);
    add_envelope(diff);
    add_output(diff);
    add_input(diff);
    diff.add_option("first", options_.first, "MESSAGE")->required();
    diff.add_option("second", options_.second, "MESSAGE")->required();

    CLI::App& build =
        add("build", "a message from JSON, as hex; also from the output of describe --json --unsafe",
            "build --dialect iso87-bcd docs/examples/sign_on.json", &MsgCommand::build);
    build.add_option("--dialect", options_.dialect, "NAME or FILE (default: the one that the JSON names)");
    add_envelope(build);
    build.add_flag("--binary", options_.is_binary, "the bytes themselves instead of hex");
    build.add_option("json", options_.first, "FILE, or - for standard input")->default_val("-");

    CLI::App& convert =
        add("convert", "the same values in another dialect, as hex",
            "convert --from iso87-ascii --to iso87-bcd docs/examples/sale.hex", &MsgCommand::convert);
    convert.add_option("--from", options_.dialect, "NAME or FILE")->required();
    convert.add_option("--to", options_.target, "NAME or FILE")->required();
    convert.add_flag("--drop", options_.drops_unknown, "leave out what the other dialect does not know");
    convert.add_flag("--binary", options_.is_binary, "the bytes themselves instead of hex");
    add_envelope(convert);
    add_message(convert);

    CLI::App& validate = add("validate", "every rule that a message breaks; exit 1 when there are errors",
                             "validate --dialect iso87-ascii docs/examples/sale.hex", &MsgCommand::validate);
    add_dialect(validate);
    add_envelope(validate);
    validate.add_flag("--json", options_.wants_json, "one JSON object");
    add_message(validate);

    CLI::App& doctor =
        add("doctor", "which dialect, framing and header are these bytes? exit 1 when none reads them",
            "doctor docs/examples/sale.hex", &MsgCommand::doctor);
    doctor.add_option("--dialect", options_.dialects, "FILE of a dialect to try beside the built-in ones")
        ->allow_extra_args(false);
    doctor.add_option("--lines", options_.lines, "how many readings are listed")->check(CLI::Range(1, 1000));
    doctor.add_flag("--json", options_.wants_json, "one JSON object");
    add_message(doctor);
    msg_->require_subcommand(0, 1)->allow_extras(); // run() names what is none
}

CLI::App& MsgCommand::add(const std::string& name, const std::string& what, const std::string& example,
                          Run how)
{
    CLI::App* const command = msg_->add_subcommand(name, what);
    command->footer("Example:\n  tollgate-sim msg " + example);
    commands_.emplace_back(command, how);
    return *command;
}

void MsgCommand::add_message(CLI::App& command)
{
    command.add_option("message", options_.messages, "MESSAGE: hex, FILE or - (default: standard input)");
    add_input(command);
}

void MsgCommand::add_input(CLI::App& command)
{
    command
        .add_option_function<std::string>(
            "--input", [this](const std::string& word) { options_.form = input_words.at(word); },
            "what a file holds: the message in hex, or its raw bytes")
        ->type_name("")
        ->check(CLI::IsMember({"detect", "hex", "raw"}));
}

void MsgCommand::add_dialect(CLI::App& command)
{
    command
        .add_option("--dialect", options_.dialect, joined(codec::built_in_dialect_names(), ", ") + " or FILE")
        ->required();
}

void MsgCommand::add_envelope(CLI::App& command)
{
    command.add_option("--framing", options_.envelope.framing, joined(framing_names(), ", "));
    command.add_option("--header", options_.envelope.header, joined(header_names(), ", "));
}

void MsgCommand::add_output(CLI::App& command)
{
    command.add_flag("--json", options_.wants_json, "one JSON object");
    command.add_flag("--unsafe", options_.is_unsafe, "show card data");
}

bool MsgCommand::was_given() const
{
    return msg_->parsed();
}

Exit MsgCommand::run(std::istream& in, std::ostream& out, std::ostream& talk)
{
    in_ = &in;
    out_ = &out;
    talk_ = &talk;
    check_names(options_.envelope);
    if (options_.is_unsafe) talk << "tollgate-sim: card data is shown (--unsafe)\n";
    const auto given =
        std::find_if(commands_.begin(), commands_.end(), [](const auto& c) { return c.first->parsed(); });
    if (given == commands_.end() || msg_->remaining_size() > 0) throw_unknown_command();
    return (this->*given->second)();
}

void MsgCommand::throw_unknown_command() const
{
    std::vector<std::string> names;
    for (const auto& command : commands_) names.push_back(command.first->get_name());
    const std::vector<std::string> words = msg_->remaining();
    std::string what = "msg without a sub-command";
    // A message that stands where the sub-command should is not repeated: it may hold card data.
    if (!words.empty() && words[0].find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos)
        what = "msg has no sub-command \"" + words[0] + "\"" + hint(words[0], names);
    throw InputError(what + "; expected one of " + joined(names, ", "));
}

// --- what all do

codec::Show MsgCommand::show() const
{
    return options_.is_unsafe ? codec::Show::everything : codec::Show::masked;
}

Input MsgCommand::input(const std::string& argument) const
{
    Input input = read_input(argument, *in_);
    if (const std::string why = why_text_is_bytes(input, options_.form); !why.empty())
        *talk_ << "tollgate-sim: " << input.name << " is read as bytes: " << why << "\n";
    return input;
}

Opened MsgCommand::open(const std::string& argument) const
{
    const Input input = this->input(argument);
    Opened opened = open_envelope(options_.envelope, bytes_of(input, options_.form));
    if (!opened.problem.empty()) throw InputError(input.name + ": " + opened.problem);
    if (opened.messages_behind > 0)
        *talk_ << "tollgate-sim: " << opened.messages_behind << " more behind the first message\n";
    return opened;
}

std::string MsgCommand::message_argument() const
{
    return options_.messages.empty() ? "-" : joined(options_.messages, " ");
}

void MsgCommand::write_message(const EnvelopeNames& envelope, std::span<const std::uint8_t> header,
                               std::span<const std::uint8_t> message) const
{
    const std::vector<std::uint8_t> bytes = close_envelope(envelope, header, message);
    if (options_.is_binary)
        out_->write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    else
        *out_ << hex_of(bytes) << "\n";
}

// --- commands

Exit MsgCommand::describe()
{
    const auto dialect = codec::dialect_named(options_.dialect); // before standard input is waited for
    const Opened opened = open(message_argument());
    const Reading reading = read_message(dialect, opened.message);
    if (options_.wants_json) {
        json::object object = json_of(reading, show());
        if (options_.envelope.framing != "none") object["framing"] = options_.envelope.framing;
        if (options_.envelope.header != "none")
            object["header"] = {{"kind", options_.envelope.header}, {"hex", hex_of(opened.header)}};
        *out_ << json::serialize(object) << "\n";
    } else {
        *out_ << text_of(reading, show());
    }
    return reading.error ? Exit::differs : Exit::done;
}

Exit MsgCommand::diff()
{
    const auto dialect = codec::dialect_named(options_.dialect);
    const Reading first = read_message(dialect, open(options_.first).message);
    const Reading second = read_message(dialect, open(options_.second).message);
    const bool are_whole = !first.error && !second.error;
    const std::vector<Difference> differences = compare(first, second, show());
    if (options_.wants_json) {
        json::object object{{"schema", "tollgate/diff/1"}, {"differences", array_of(differences)}};
        json::object errors;
        if (first.error) errors["first"] = json_of(*first.error);
        if (second.error) errors["second"] = json_of(*second.error);
        if (!are_whole) object["error"] = std::move(errors);
        *out_ << json::serialize(object) << "\n";
    } else {
        *out_ << text_of(differences);
        if (differences.empty() && are_whole && first.bytes != second.bytes)
            *out_ << "the same values in other bytes: validate tells where\n";
    }
    for (const Reading* reading : {&first, &second})
        if (reading->error)
            *talk_ << "tollgate-sim: the " << (reading == &first ? "first" : "second")
                   << " message does not decode: " << codec::text_of(*reading->error) << "\n";
    return differences.empty() && are_whole ? Exit::done : Exit::differs;
}

Exit MsgCommand::build()
{
    const Input input = read_input(options_.first, *in_);
    if (input.is_argument) throw InputError("no file " + options_.first + "; expected a file with JSON or -");
    const json::object object = parse_json_object(input.text, input.name);
    std::string dialect = options_.dialect;
    const json::value* const named = object.if_contains("dialect");
    if (dialect.empty() && named != nullptr && named->is_string()) dialect = named->get_string().c_str();
    if (dialect.empty()) throw InputError("no dialect: give --dialect, or \"dialect\" in the JSON");
    const BuiltEnvelope built = envelope_in(object, options_.envelope);
    write_message(built.envelope, built.header, build_message(*codec::dialect_named(dialect), object));
    return Exit::done;
}

Exit MsgCommand::convert()
{
    const auto source = codec::dialect_named(options_.dialect);
    const auto target = codec::dialect_named(options_.target);
    const Opened opened = open(message_argument());
    const Reading reading = read_message(source, opened.message);
    if (reading.error) {
        *talk_ << "tollgate-sim: the message does not decode: " << codec::text_of(*reading.error) << "\n";
        return Exit::differs;
    }
    const Conversion conversion =
        sim::convert(reading, *target, options_.drops_unknown ? Unknown::drop : Unknown::refuse);
    for (const std::string& note : conversion.notes) *talk_ << "tollgate-sim: " << note << "\n";
    if (!conversion.dropped.empty())
        *talk_ << "tollgate-sim: left out: " << joined(conversion.dropped, ", ") << "\n";
    if (!conversion.problems.empty()) {
        for (const std::string& problem : conversion.problems) *talk_ << "tollgate-sim: " << problem << "\n";
        return Exit::differs;
    }
    if (!opened.header.empty()) *talk_ << "tollgate-sim: the header is that of a new request\n";
    write_message(options_.envelope, {}, conversion.bytes);
    return Exit::done;
}

Exit MsgCommand::validate()
{
    const auto dialect = codec::dialect_named(options_.dialect);
    const Reading reading = read_message(dialect, open(message_argument()).message);
    const std::vector<Finding> findings = sim::validate(reading);
    const std::size_t errors = count_of(findings, Severity::error);
    const std::size_t warnings = count_of(findings, Severity::warning);
    if (options_.wants_json)
        *out_ << json::serialize(json::object{{"schema", "tollgate/findings/1"},
                                              {"errors", errors},
                                              {"warnings", warnings},
                                              {"findings", array_of(findings)}})
              << "\n";
    else
        *out_ << text_of(findings) << errors << (errors == 1 ? " error, " : " errors, ") << warnings
              << (warnings == 1 ? " warning\n" : " warnings\n");
    return errors == 0 ? Exit::done : Exit::differs;
}

Exit MsgCommand::doctor()
{
    std::vector<std::shared_ptr<const codec::Dialect>> dialects;
    for (const std::string& name : codec::built_in_dialect_names())
        dialects.push_back(codec::dialect_named(name));
    for (const std::string& file : options_.dialects) dialects.push_back(codec::dialect_named(file));
    const std::vector<Diagnosis> diagnoses = diagnose(input(message_argument()), options_.form, dialects);
    if (options_.wants_json)
        *out_ << json::serialize(
                     json::object{{"schema", "tollgate/doctor/1"}, {"readings", array_of(diagnoses)}})
              << "\n";
    else
        *out_ << text_of(diagnoses, options_.lines);
    const bool is_read = !diagnoses.empty() && !diagnoses.front().reading.error;
    if (is_read && !options_.wants_json)
        *out_ << "\n" << text_of(diagnoses.front().reading, codec::Show::masked);
    return is_read ? Exit::done : Exit::differs;
}

} // namespace sim
