#include "sim/frame_filter.hpp"

#include "codec/decode.hpp"
#include "sim/frame_filter_term.hpp"
#include "sim/toml_reader.hpp"

#include <utility>
#include <vector>

namespace sim {

/// A term, or an operator over others.
struct FrameFilter::Node {
    enum class Kind : std::uint8_t { term, not_it, all_of, any_of };
    Kind kind = Kind::term;
    std::optional<FilterTerm> term{};
    std::vector<std::shared_ptr<Node>> parts{};

    bool matches(const SeenFrame& seen)
    {
        switch (kind) {
        case Kind::term:
            return term->is_true_of(seen);
        case Kind::not_it:
            return !parts.front()->matches(seen);
        case Kind::all_of:
            for (const auto& part : parts)
                if (!part->matches(seen)) return false;
            return true;
        case Kind::any_of:
            for (const auto& part : parts)
                if (part->matches(seen)) return true;
            return false;
        }
        return false;
    }
};

namespace {

using Node = FrameFilter::Node;
using NodePointer = std::shared_ptr<Node>;

/// How deep brackets and ! may stand in one another.
constexpr int depth_max = 100;

class Parser {
public:
    Parser(std::string_view text, std::uint64_t seed) : text_(text), seed_(seed) {}

    NodePointer parse_any()
    {
        return parse_list(Node::Kind::any_of, "||", [this] { return parse_all(); });
    }

    std::size_t at()
    {
        skip_blanks();
        return at_;
    }

private:
    NodePointer parse_all()
    {
        return parse_list(Node::Kind::all_of, "&&", [this] { return parse_not(); });
    }

    template <class Parse> NodePointer parse_list(Node::Kind kind, std::string_view between, Parse parse)
    {
        std::vector<NodePointer> parts{parse()};
        while (takes(between)) parts.push_back(parse());
        if (parts.size() == 1) return parts.front();
        return std::make_shared<Node>(Node{kind, std::nullopt, std::move(parts)});
    }

    NodePointer parse_not()
    {
        if (++depth_ > depth_max) throw FilterError(at_, "too many brackets and ! in one another");
        NodePointer node;
        if (takes("!"))
            node = std::make_shared<Node>(Node{Node::Kind::not_it, std::nullopt, {parse_not()}});
        else if (takes("("))
            node = parse_bracket(at_ - 1);
        else
            node = parse_term();
        --depth_;
        return node;
    }

    NodePointer parse_bracket(std::size_t open)
    {
        NodePointer node = parse_any();
        if (!takes(")")) throw FilterError(open, "this bracket is never closed");
        return node;
    }

    NodePointer parse_term()
    {
        skip_blanks();
        const std::size_t name_at = at_;
        const std::string name = word("abcdefghijklmnopqrstuvwxyz0123456789_");
        if (name.empty()) throw FilterError(name_at, "expected a name, for example mti=0200");
        const auto subject = find_subject(name);
        if (!subject) throw FilterError(name_at, unknown_name(name));
        const Comparison comparison = parse_comparison(name);
        skip_blanks();
        const std::size_t value_at = at_;
        const std::string value = parse_value();
        try {
            // Terms of one filter draw different numbers from one seed.
            FilterTerm term(*subject, comparison, value, seed_ + name_at);
            return std::make_shared<Node>(Node{Node::Kind::term, std::move(term), {}});
        } catch (const std::invalid_argument& error) {
            throw FilterError(value_at, name + ": " + error.what());
        }
    }

    /// What stands there may be a card number with a letter before it: digits are not repeated.
    static std::string unknown_name(const std::string& name)
    {
        if (name.starts_with("de")) return "there is no such data element: de2 to de128";
        if (name.find_first_of("0123456789") != std::string::npos) return "no name of a filter";
        return "unknown name \"" + name + "\"" + hint(name, subject_names());
    }

    Comparison parse_comparison(const std::string& name)
    {
        if (takes("!=")) return Comparison::different;
        if (takes("==")) throw FilterError(at_ - 2, "expected one =");
        if (takes("=")) return Comparison::equal;
        if (takes("<")) return Comparison::less;
        if (takes(">")) return Comparison::greater;
        if (takes("~")) return Comparison::like;
        throw FilterError(at_, "expected = != < > or ~ behind \"" + name + "\"");
    }

    std::string parse_value()
    {
        const std::size_t begin = at_;
        if (takes("\"")) {
            const std::size_t end = text_.find('"', at_);
            if (end == std::string_view::npos) throw FilterError(begin, "these quotes are never closed");
            return std::string(text_.substr(std::exchange(at_, end + 1), end - begin - 1));
        }
        std::string value = word("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*.+-/");
        if (value.empty()) throw FilterError(begin, "expected a value");
        return value;
    }

    std::string word(std::string_view characters)
    {
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
        return std::string(text_.substr(begin, at_ - begin));
    }

    bool takes(std::string_view token)
    {
        skip_blanks();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }

    std::string_view text_;
    std::uint64_t seed_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

} // namespace

SeenFrame::SeenFrame(const PassingFrame& frame, const codec::Dialect& dialect, codec::HeaderKind header)
    : frame_(frame)
{
    const auto head = codec::read_header(header, frame.message);
    const auto bytes = head ? frame.message.subspan(head->size) : frame.message;
    const auto decoded = codec::decode(dialect, bytes, message_);
    if (!decoded) message_ = codec::decode_readable_part(dialect, bytes);
    has_mti_ = decoded || message_.mti() != codec::Mti();
}

FrameFilter FrameFilter::parse_front(std::string_view text, std::size_t& end, std::uint64_t seed)
{
    Parser parser(text, seed);
    FrameFilter filter(parser.parse_any());
    end = parser.at();
    return filter;
}

FrameFilter FrameFilter::parse(std::string_view text, std::uint64_t seed)
{
    std::size_t end = 0;
    FrameFilter filter = parse_front(text, end, seed);
    if (end != text.size()) throw FilterError(end, "expected &&, || or the end");
    return filter;
}

bool FrameFilter::matches(const SeenFrame& seen)
{
    return root_->matches(seen);
}

} // namespace sim
