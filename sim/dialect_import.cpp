#include "sim/dialect_import.hpp"

#include "codec/structure_check.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>

namespace sim {

namespace {

std::string read_specification(const std::string& file_name)
{
    std::ifstream in(file_name, std::ios::binary);
    std::string text(specification_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in && !in.eof()) throw FileError({file_name, 0, 0}, "cannot be read");
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > specification_bytes_max)
        throw FileError({file_name, 0, 0}, "is larger than 1 MiB, which no specification is");
    return text;
}

/// Whether a positional structure has a part that our numbers, which begin at 1, cannot name; or in another
/// order.
bool needs_numbers(const codec::Structure& structure)
{
    int last = 0;
    for (const auto& part : structure.parts) {
        const int number = small_number(part.tag).value_or(0);
        if (number <= last || std::to_string(number) != part.tag) return true;
        last = number;
    }
    return false;
}

const codec::FieldSpec& row_of_1987(int de)
{
    static const auto known = codec::find_built_in_dialect("iso87-ascii");
    return known->fields[static_cast<std::size_t>(de)];
}

bool has_elements(const codec::Dialect& dialect)
{
    const auto is_there = [](const codec::FieldSpec& row) { return row.kind != codec::FieldKind::none; };
    return std::ranges::any_of(dialect.fields, is_there);
}

/// Whether a log would show a card number in this row that it masks in the built-in one, or that has no room
/// there: long numbers are masked in text only.
bool shows_more(const codec::FieldSpec& row, const codec::FieldSpec& built_in)
{
    using enum codec::FieldKind;
    constexpr unsigned card_digits_min = 13;
    if (row.kind == text || row.kind == alpha || row.kind == alnum) return false;
    const unsigned digits = row.kind == binary ? 2U * row.max : row.kind == amount ? row.max - 1U : row.max;
    return digits >= card_digits_min && (row.kind != built_in.kind || row.max > built_in.max);
}

/// Never shows what shows_more(), nor the parts of what is never shown.
void hide_what_shows_more(codec::FieldSpec& row, const codec::FieldSpec& built_in, codec::LogRule whole)
{
    if (row.log == codec::LogRule::clear && (whole != codec::LogRule::clear || shows_more(row, built_in)))
        row.log = codec::LogRule::never;
    if (!row.structure) return;
    codec::Structure structure = *row.structure;
    for (auto& part : structure.parts) hide_what_shows_more(part.spec, built_in, row.log);
    row.structure = std::make_shared<const codec::Structure>(std::move(structure));
}

/// What is wrong with how tags are written; empty when a dialect file can say it.
std::string what_is_wrong_with_tags(const codec::Structure& structure)
{
    constexpr unsigned size_max = 16;
    if (structure.form != codec::StructureForm::tlv) return {};
    if (structure.tag.max < 1 || structure.tag.max > size_max)
        return "their tags have no size from 1 to " + std::to_string(size_max);
    if (structure.category_size > size_max)
        return "the category in front of them is longer than " + std::to_string(size_max);
    return {};
}

/// What the dialect reader says of the file that was made, a line for each; nothing when it reads it.
std::vector<std::string> not_read_back(const std::string& toml)
{
    std::vector<std::string> lines;
    try {
        (void)codec::parse_dialect(toml, "dialect");
    } catch (const codec::DialectError& error) {
        std::istringstream text(error.what());
        for (std::string line; std::getline(text, line);) lines.push_back("is not read back: " + line);
    }
    return lines;
}

/// "FILE:LINE: element 48, part 25: what".
std::string text_of(const Loss& loss, const std::string& file_name)
{
    const std::string line = loss.line == 0 ? "" : std::to_string(loss.line) + ":";
    return printable(file_name) + ":" + line + " " + printable(place_in_dialect(loss.path)) + ": " +
           printable(loss.what);
}

} // namespace

CLI::App* add_import(CLI::App& program, ImportOptions& options)
{
    CLI::App* const dialect = program.add_subcommand("dialect", "dialect files");
    dialect->require_subcommand(1);
    CLI::App* const import = dialect->add_subcommand(
        "import", "write a dialect file from a specification of jPOS (XML) or moov-io/iso8583 (JSON)");
    import->footer("Example:\n  tollgate-sim dialect import packager.xml --name acquirer > acquirer.toml");
    const auto set_origin = [&options](const std::string& word) {
        options.from = word == "jpos" ? Origin::jpos : Origin::moov;
    };
    import
        ->add_option_function<std::string>("--from", set_origin, "what it is of (default: as the file looks)")
        ->type_name("")
        ->check(CLI::IsMember({"jpos", "moov"}));
    import->add_option("--name", options.name, "of the dialect (default: the specification's own)");
    import->add_option("file", options.file, "FILE")->required()->check(CLI::ExistingFile);
    return import;
}

Origin origin_of(std::string_view text, const std::string& file_name)
{
    const std::size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
    const char c = first == std::string_view::npos ? '\0' : text[first];
    if (c == '<') return Origin::jpos;
    if (c == '{') return Origin::moov;
    throw FileError({file_name, 1, 1}, "is no specification; expected the XML of jPOS or the JSON of moov");
}

Place place_at(std::string_view text, std::size_t offset, const std::string& file_name)
{
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t line_end = before.rfind('\n');
    const std::size_t line_start = line_end == std::string_view::npos ? 0 : line_end + 1;
    return {file_name, static_cast<int>(std::ranges::count(before, '\n')) + 1,
            static_cast<int>(before.size() - line_start) + 1};
}

codec::LogRule log_rule_of(int de)
{
    const codec::FieldSpec& spec = row_of_1987(de);
    return spec.kind == codec::FieldKind::none ? codec::LogRule::never : spec.log;
}

bool is_number_in_1987(int de)
{
    return row_of_1987(de).kind == codec::FieldKind::numeric;
}

void put_element(Import& import, int de, codec::FieldSpec spec, int line)
{
    const std::string path = std::to_string(de);
    if (const std::string wrong = what_is_wrong(spec); !wrong.empty()) return import.lose(path, line, wrong);
    if (import.dialect.fields[de].kind != codec::FieldKind::none)
        return import.lose(path, line, "it is there twice; the first one holds");
    hide_what_shows_more(spec, row_of_1987(de), codec::LogRule::clear);
    import.dialect.fields[de] = std::move(spec);
}

void put_parts(Import& import, const RowPlace& place, codec::FieldSpec& spec, codec::Structure structure)
{
    if (structure.form == codec::StructureForm::positional && needs_numbers(structure)) {
        import.lose(place.path, place.line, "its parts are numbered from 1 here, in their order");
        int number = 0;
        for (auto& part : structure.parts) part.tag = std::to_string(++number);
    }
    if (const std::string wrong = what_is_wrong_with_tags(structure); !wrong.empty())
        return import.lose(place.path, place.line, "its parts are not read: " + wrong);
    std::set<std::string, std::less<>> seen;
    const auto lost = std::erase_if(structure.parts, [&](const auto& part) {
        std::string wrong = what_is_wrong_with_tag(structure, part.tag);
        if (!wrong.empty())
            wrong.insert(0, "its tag: ");
        else if (!seen.insert(part.tag).second)
            wrong = "it is there twice; the first one holds";
        if (!wrong.empty()) import.lose(place.path + "." + part.tag, place.line, wrong);
        return !wrong.empty();
    });
    if (lost > 0 && structure.form == codec::StructureForm::positional)
        return import.lose(place.path, place.line, "its parts are not read, since one of them is lost");
    if (const std::string wrong = what_is_wrong(structure, spec); !wrong.empty())
        return import.lose(place.path, place.line, "its parts are not read: " + wrong);
    spec.structure = std::make_shared<const codec::Structure>(std::move(structure));
}

std::string dialect_name_from(std::string_view words)
{
    constexpr std::size_t length_max = 60;
    std::string name;
    for (const char c : words.substr(0, length_max)) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (is_upper || is_kept)
            name += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    return name.empty() ? "imported" : name;
}

std::optional<int> small_number(std::string_view digits)
{
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::optional<std::uint16_t> length_of(std::string_view digits)
{
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(number, 0xFFFF));
}

Exit run_import(const ImportOptions& options, std::ostream& out, std::ostream& err)
{
    const std::string text = read_specification(options.file);
    const Origin origin = options.from ? *options.from : origin_of(text, options.file);
    Import import =
        origin == Origin::jpos ? import_jpos(text, options.file) : import_moov(text, options.file);
    if (!has_elements(import.dialect)) {
        for (const Loss& loss : import.losses) err << text_of(loss, options.file) << "\n";
        throw FileError({options.file, 0, 0},
                        "has no element that can be carried over; expected a specification of jPOS or moov");
    }
    if (!options.name.empty()) import.dialect.name = options.name;
    if (import.dialect.name.empty())
        import.dialect.name = dialect_name_from(std::filesystem::path(options.file).stem().string());

    const std::string file_name = std::filesystem::path(options.file).filename().string();
    std::ostringstream file;
    file << "# From " << printable(file_name) << ", a specification of "
         << (origin == Origin::jpos ? "jPOS" : "moov-io/iso8583") << ", by tollgate-sim dialect import.\n"
         << "# Specifications do not say what a log may show: `log` is as in the built-in dialects, or "
            "stricter. Look at it.\n\n"
         << dialect_text(import.dialect, import.losses);
    out << file.str();
    for (std::string& wrong : not_read_back(file.str())) import.lose("", 0, std::move(wrong));
    if (import.losses.empty()) return Exit::done;
    out << "\n# Not carried over, or not all of it:\n";
    for (const Loss& loss : import.losses) {
        out << "#   " << text_of(loss, file_name) << "\n";
        err << text_of(loss, options.file) << "\n";
    }
    const bool is_one = import.losses.size() == 1;
    err << "tollgate-sim: " << import.losses.size() << (is_one ? " thing was" : " things were")
        << " not carried over, or not all of it\n";
    return Exit::differs;
}

} // namespace sim
