#include "tests/support/vectors.hpp"

#include "tests/support/golden.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/json.hpp>

namespace vectors {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key)
{
    const json::value* const value = object.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

Value value_of(const json::value& json)
{
    Value value;
    if (json.is_string()) value.text = std::string(json.as_string());
    if (json.is_object())
        for (const auto& [tag, part] : json.as_object()) value.parts.emplace_back(tag, value_of(part));
    return value;
}

Vector vector_of(const json::object& object)
{
    Vector vector;
    vector.id = text_of(object, "id");
    vector.type = text_of(object, "type");
    vector.dialect = text_of(object, "dialect");
    if (const json::value* const element = object.if_contains("element"))
        vector.element = element->to_number<int>();
    vector.bytes = golden::bytes_of_hex(text_of(object, "hex"));
    if (const json::value* const values = object.if_contains("values")) vector.values = value_of(*values);
    return vector;
}

json::value read_file()
{
    const auto file = golden::source_folder() / "tests/data/vectors/vectors.json";
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open()) throw std::runtime_error(file.string() + ": cannot be read");
    return json::parse(text);
}

} // namespace

std::vector<Vector> vectors_of_type(std::string_view type)
{
    static const json::value file = read_file();
    std::vector<Vector> found;
    for (const json::value& vector : file.at("vectors").as_array())
        if (vector.at("type").as_string() == type) found.push_back(vector_of(vector.as_object()));
    if (found.empty()) throw std::runtime_error("no vectors of type " + std::string(type));
    return found;
}

} // namespace vectors
