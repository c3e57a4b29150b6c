/// Input: a dialect, then a message. The message tools show nothing that is hidden, and what they print as
/// JSON, everything shown, is built again to the same bytes.

#include "sim/msg_build.hpp"
#include "sim/msg_describe.hpp"
#include "sim/msg_diff.hpp"
#include "sim/msg_json.hpp"
#include "sim/msg_reading.hpp"
#include "sim/msg_validate.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/hidden.hpp"

#include "codec/decode.hpp"

#include <boost/json.hpp>

using codec::Show;
using fuzz::Bytes;
using fuzz::require;

namespace {

std::string json_text(const sim::Reading& reading, Show show)
{
    return boost::json::serialize(sim::json_of(reading, show));
}

void check_way_back(const sim::Reading& reading)
{
    const auto object = sim::parse_json_object(json_text(reading, Show::everything), "fuzz.json");
    require(sim::build_message(*reading.dialect, object) == reading.bytes, "JSON is built to the same bytes");
}

/// A message and the same one with all hidden characters changed look alike.
void check_hidden(const sim::Reading& reading, const Bytes& wire, const Bytes& changed_wire)
{
    const sim::Reading sent = sim::read_message(reading.dialect, wire);
    const sim::Reading changed = sim::read_message(reading.dialect, changed_wire);
    require(sim::text_of(sent, Show::masked) == sim::text_of(changed, Show::masked),
            "the text shows nothing hidden");
    require(json_text(sent, Show::masked) == json_text(changed, Show::masked), "JSON shows nothing hidden");
    require(sim::text_of(sim::compare(sent, sent, Show::masked)).empty(),
            "a message does not differ from itself");
    for (const auto& difference : sim::compare(sent, changed, Show::masked))
        require(difference.differs_where_hidden, "a difference shows nothing hidden");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto& dialect = fuzz::dialects()[input.choice(fuzz::dialects().size())];
    const Bytes wire = input.rest();
    const sim::Reading reading = sim::read_message(dialect, wire);
    (void)sim::text_of(reading, Show::everything);
    (void)sim::text_of(sim::validate(reading));
    (void)sim::place_in_hex(reading, wire.size() / 2, Show::masked);
    (void)json_text(reading, Show::masked);
    const auto message = codec::decode(*dialect, wire);
    require(message.has_value() == !reading.error, "the tools read what decode() reads");
    if (!message) return 0;
    check_way_back(reading);
    check_hidden(reading, fuzz::encoded(*dialect, fuzz::with_values_of(*dialect, *message)),
                 fuzz::encoded(*dialect, fuzz::with_hidden_changed(*dialect, *message)));
    return 0;
}
