#include "codec/dialect.hpp"

#include "codec/dialect_file.hpp"

#include <fstream>
#include <iterator>
#include <span>
#include <utility>

namespace codec {

namespace dialect_files {

std::span<const std::pair<std::string_view, std::string_view>> embedded_files(); // made by tollgate_embed()

} // namespace dialect_files

namespace {

constexpr int inheritance_depth_max = 4;
constexpr std::uintmax_t file_bytes_max = 1 << 20;

std::string_view without_extension(std::string_view file_name)
{
    return file_name.substr(0, file_name.rfind('.'));
}

std::string joined_built_in_names()
{
    std::string names;
    for (const std::string& name : built_in_dialect_names()) names += (names.empty() ? "" : ", ") + name;
    return names;
}

std::string content_of(const std::filesystem::path& file)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) throw DialectError(file.string() + ": is a folder");
    if (std::filesystem::file_size(file, ignored) > file_bytes_max && !ignored)
        throw DialectError(file.string() + ": is larger than 1 MiB");
    std::ifstream stream(file, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) throw DialectError(file.string() + ": cannot be read");
    return content;
}

std::shared_ptr<const Dialect> parse(std::string_view toml, std::string_view file_name, int depth);

/// folder   where a relative path starts
std::shared_ptr<const Dialect> find_dialect(std::string_view name_or_path,
                                            const std::filesystem::path& folder, int depth)
{
    if (depth > inheritance_depth_max) throw DialectError("too many files inherit from each other");
    if (auto built_in = find_built_in_dialect(name_or_path)) return built_in;
    const std::filesystem::path file = folder / name_or_path;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
        throw DialectError("no dialect \"" + std::string(name_or_path) + "\"; expected a file or one of " +
                           joined_built_in_names());
    }
    return parse(content_of(file), file.string(), depth);
}

std::shared_ptr<const Dialect> parse(std::string_view toml, std::string_view file_name, int depth)
{
    const std::filesystem::path folder = std::filesystem::path(file_name).parent_path();
    auto dialect = std::make_shared<Dialect>(read_dialect_file(
        toml, file_name, [&](std::string_view parent) { return find_dialect(parent, folder, depth + 1); }));
    compile(*dialect);
    return dialect;
}

} // namespace

std::shared_ptr<const Dialect> parse_dialect(std::string_view toml, std::string_view file_name)
{
    return parse(toml, file_name, 0);
}

std::shared_ptr<const Dialect> load_dialect_file(const std::filesystem::path& file)
{
    return parse(content_of(file), file.string(), 0);
}

std::shared_ptr<const Dialect> find_built_in_dialect(std::string_view name)
{
    for (const auto& [file_name, text] : dialect_files::embedded_files())
        if (without_extension(file_name) == name) return parse(text, file_name, 0);
    return nullptr;
}

std::vector<std::string> built_in_dialect_names()
{
    std::vector<std::string> names;
    for (const auto& file : dialect_files::embedded_files())
        names.emplace_back(without_extension(file.first));
    return names;
}

std::shared_ptr<const Dialect> dialect_named(std::string_view name_or_path)
{
    return find_dialect(name_or_path, {}, 0);
}

} // namespace codec
