#include "sim/msg_diff.hpp"

#include <algorithm>
#include <map>

namespace sim {

namespace {

/// One side of a comparison: how it may be shown, and what it is.
struct Side {
    std::string shown;
    std::string value;
};

class Comparison {
public:
    explicit Comparison(codec::Show show) : show_(show) {}

    void add(const std::string& path, const std::string& name, const std::optional<Side>& a,
             const std::optional<Side>& b)
    {
        if (a && b && a->value == b->value) return;
        Difference difference{path, name, std::nullopt, std::nullopt, false};
        if (a) difference.first = a->shown;
        if (b) difference.second = b->shown;
        difference.differs_where_hidden = a && b && a->shown == b->shown;
        differences_.push_back(std::move(difference));
    }

    void add_elements(const ReadElement* a, const ReadElement* b)
    {
        const ReadElement& any = a != nullptr ? *a : *b;
        const std::string path = "DE" + std::to_string(any.de);
        const bool have_parts = a != nullptr && b != nullptr && a->row->structure && b->row->structure &&
                                !a->problem && !b->problem;
        if (have_parts && a->value != b->value)
            add_parts(path, a->parts, b->parts);
        else
            add(path, any.row->name, side_of(a), side_of(b));
    }

    [[nodiscard]] std::vector<Difference> take() { return std::move(differences_); }

private:
    using Occurrence = std::pair<std::string, int>; ///< tag, and how often it came before

    static std::map<Occurrence, const codec::Part*> by_occurrence(const std::vector<codec::Part>& parts)
    {
        std::map<std::string, int> seen;
        std::map<Occurrence, const codec::Part*> found;
        for (const codec::Part& part : parts) found[{part.tag, seen[part.tag]++}] = &part;
        return found;
    }

    /// In the order of the first message; what only the second has follows.
    void add_parts(const std::string& path, const std::vector<codec::Part>& a,
                   const std::vector<codec::Part>& b)
    {
        const auto in_a = by_occurrence(a);
        const auto in_b = by_occurrence(b);
        const std::size_t before = differences_.size();
        std::map<std::string, int> seen;
        for (const codec::Part& part : a) {
            const Occurrence occurrence{part.tag, seen[part.tag]++};
            const auto other = in_b.find(occurrence);
            add_part(path, occurrence, &part, other == in_b.end() ? nullptr : other->second);
        }
        seen.clear();
        for (const codec::Part& part : b) {
            const Occurrence occurrence{part.tag, seen[part.tag]++};
            if (!in_a.contains(occurrence)) add_part(path, occurrence, nullptr, &part);
        }
        if (differences_.size() == before) // the same parts in another order, or in other bytes
            differences_.push_back({path, "parts stand in another order or are written otherwise",
                                    std::nullopt, std::nullopt, true});
    }

    void add_part(const std::string& path, const Occurrence& occurrence, const codec::Part* a,
                  const codec::Part* b)
    {
        const codec::Part& any = a != nullptr ? *a : *b;
        const std::string place =
            path + "." + codec::shown_tag(any, show_) +
            (occurrence.second == 0 ? "" : " (" + std::to_string(occurrence.second + 1) + ".)");
        if (a != nullptr && b != nullptr && !a->parts.empty() && !b->parts.empty()) {
            if (a->value != b->value) add_parts(place, a->parts, b->parts);
            return;
        }
        add(place, codec::row_to_show(any).name, side_of(a), side_of(b));
    }

    [[nodiscard]] std::optional<Side> side_of(const codec::Part* part) const
    {
        if (part == nullptr) return std::nullopt;
        return Side{codec::shown_value(*part, show_), part->value};
    }

    [[nodiscard]] std::optional<Side> side_of(const ReadElement* element) const
    {
        if (element == nullptr) return std::nullopt;
        return Side{shown_value(*element, show_), element->value};
    }

    codec::Show show_;
    std::vector<Difference> differences_;
};

} // namespace

std::vector<Difference> compare(const Reading& first, const Reading& second, codec::Show show)
{
    Comparison comparison(show);
    comparison.add("MTI", "message type", Side{first.mti, first.mti}, Side{second.mti, second.mti});
    auto a = first.elements.begin();
    auto b = second.elements.begin();
    while (a != first.elements.end() || b != second.elements.end()) {
        const bool takes_a = b == second.elements.end() || (a != first.elements.end() && a->de <= b->de);
        const bool takes_b = a == first.elements.end() || (b != second.elements.end() && b->de <= a->de);
        comparison.add_elements(takes_a ? &*a : nullptr, takes_b ? &*b : nullptr);
        if (takes_a) ++a;
        if (takes_b) ++b;
    }
    return comparison.take();
}

std::string text_of(const std::vector<Difference>& differences)
{
    std::size_t path_width = 0;
    std::size_t name_width = 0;
    for (const Difference& difference : differences) {
        path_width = std::max(path_width, difference.path.size());
        name_width = std::max(name_width, difference.name.size());
    }
    std::string text;
    for (const Difference& d : differences) {
        text += d.first == d.second || (d.first && d.second) ? "~ " : d.first ? "- " : "+ ";
        text += d.path + std::string(path_width + 2 - d.path.size(), ' ') + d.name;
        if (d.first || d.second) text += std::string(name_width + 2 - d.name.size(), ' ');
        text += d.first.value_or("");
        if (d.first && d.second) text += "  ->  ";
        text += d.second.value_or("");
        text += d.differs_where_hidden && d.first ? "  (differ where it is not shown)\n" : "\n";
    }
    return text;
}

} // namespace sim
