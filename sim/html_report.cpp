#include "sim/html_report.hpp"

#include "codec/hex.hpp"
#include "net/sha256.hpp"
#include "sim/embedded.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace sim {

namespace json = boost::json;

namespace {

constexpr std::string_view schemas[] = {"tollgate/load/1", "tollgate/load-search/1", "tollgate/run/1"};

std::string_view page_file(std::string_view name)
{
    for (const auto& [file, text] : report_page_files::embedded_files())
        if (file == name) return text;
    throw std::logic_error("no page file " + std::string(name));
}

json::value parse_report(const NamedText& report)
{
    boost::system::error_code error;
    json::value value = json::parse(report.text, error);
    if (error) throw ReportError(report.name + ": is no JSON: " + error.message());
    const auto* object = value.if_object();
    const auto* schema = object ? object->if_contains("schema") : nullptr;
    const auto* name = schema ? schema->if_string() : nullptr;
    if (name && std::ranges::find(schemas, std::string_view(*name)) != std::end(schemas)) return value;
    throw ReportError(report.name + ": is no report of a load or of scenarios" +
                      (name ? ", but " + std::string(*name) : ""));
}

/// No text of a report can end the script element that it stands in, or open a comment there.
std::string json_in_html(const json::array& reports)
{
    std::string safe;
    for (const char c : json::serialize(reports)) {
        if (c == '<')
            safe += "\\u003c";
        else
            safe += c;
    }
    return safe;
}

/// How a content security policy names an inline text: by its hash (CSP level 2, hash-source).
std::string hash_source(std::string_view text)
{
    net::Sha256 digest;
    digest.add(text);
    const auto bytes = codec::bytes_of_hex(digest.hex());
    std::array<unsigned char, 45> base64{}; // four characters for each three of the 32 bytes, and an end
    const auto* const raw = reinterpret_cast<const unsigned char*>(bytes->data());
    const int size = EVP_EncodeBlock(base64.data(), raw, static_cast<int>(bytes->size()));
    return "'sha256-" + std::string(base64.begin(), base64.begin() + size) + "'";
}

std::string policy()
{
    return "default-src 'none'; style-src " + hash_source(page_file("page.css")) + "; script-src " +
           hash_source(page_file("chart.min.js")) + " " + hash_source(page_file("page.js"));
}

/// One pass: what is put in is not looked at again.
std::string filled(std::string_view page, std::span<const std::pair<std::string_view, std::string>> values)
{
    std::string text;
    while (!page.empty()) {
        const auto mark = page.find('@');
        text += page.substr(0, mark);
        if (mark == std::string_view::npos) break;
        const auto end = page.find('@', mark + 1);
        const auto name = page.substr(mark + 1, end - mark - 1);
        text += std::ranges::find(values, name, &std::pair<std::string_view, std::string>::first)->second;
        page.remove_prefix(end + 1);
    }
    return text;
}

} // namespace

std::string html_of(std::span<const NamedText> reports)
{
    json::array all;
    for (const NamedText& report : reports) all.push_back(parse_report(report));
    const std::pair<std::string_view, std::string> values[] = {
        {"POLICY", policy()},
        {"TITLE", "Tollgate report"},
        {"STYLE", std::string(page_file("page.css"))},
        {"DATA", json_in_html(all)},
        {"CHARTS", std::string(page_file("chart.min.js"))},
        {"SCRIPT", std::string(page_file("page.js"))},
    };
    return filled(page_file("page.html"), values);
}

} // namespace sim
