/// Input: a line that an operator says to a running server. The answer is one JSON object on one line: what
/// is recorded, or what is wrong; and the recorder goes on as before.

#include "net/control.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json.hpp>

#include <memory>
#include <string>

using fuzz::require;

namespace {

boost::json::object answer_of(std::string_view line, net::Recorder& recorder)
{
    const std::string answer = net::answer_to(line, recorder);
    require(answer.find('\n') == std::string::npos, "an answer is one line");
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(answer, error);
    require(!error && value.is_object(), "an answer is a JSON object");
    const boost::json::object& object = value.get_object();
    require(object.contains("error") != object.contains("recordings"), "it tells what is, or what is wrong");
    return object;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static net::Log log(net::LogLevel::error, [](std::string_view) {});
    static net::Recorder recorder(std::make_shared<net::RecorderCounters>(), log);
    static const bool is_configured = [] { // one link, and no folder: nothing is written
        net::RecordedLink link;
        link.name = "acq-a";
        link.dialect = "iso87-ascii";
        (void)recorder.tap_of(link);
        recorder.configure({}, {link});
        return true;
    }();
    require(is_configured, "there is a link");
    const auto answer = answer_of(fuzz::as_text({data, size}), recorder);
    if (!answer.contains("error"))
        require(answer.at("recordings").as_array().empty(), "without a folder nothing is recorded");
    const auto list = answer_of(R"({"command":"record list"})", recorder);
    require(list.contains("recordings") && list.at("recordings").as_array().empty(),
            "no line starts a recording without a folder");
    return 0;
}
