#include "sim/auditor.hpp"

#include <algorithm>
#include <unordered_set>

namespace sim {

namespace {

const std::string reversed_code = "21";
const std::string unavailable_code = "91";

/// When a key's reversal was on its way, and when it was acknowledged.
struct Reversal {
    static constexpr std::size_t never = static_cast<std::size_t>(-1);
    std::size_t first_request = never; ///< place in the recording
    std::size_t first_ack = never;
};

class Auditor {
public:
    Auditor(const Recording& recording, const LedgerBooks& books, const AuditSettings& settings)
        : books_(books), settings_(settings), wire_(read_recording(recording, settings.dialect))
    {
    }

    Audit run()
    {
        audit_.requests = wire_.requests;
        audit_.answers = wire_.answers;
        audit_.format_errors = wire_.format_errors;
        for (const std::size_t place : wire_.unreadable)
            add(Breach::unasked, "frame " + std::to_string(place), "an answer to nothing");
        for (const std::size_t place : wire_.wrong_echoes)
            add(Breach::wrong_echo, "frame " + std::to_string(place), "gives back other elements");
        note_reversals();
        for (const auto& [name, key] : wire_.keys) judge_answers(name, key);
        read_journal();
        for (const auto& [name, key] : wire_.keys) judge_effect(name, key);
        judge_groups();
        judge_balances();
        return std::move(audit_);
    }

private:
    void add(Breach breach, const KeyName& key, std::string text)
    {
        audit_.add(breach, key, std::move(text));
    }

    Reversal reversal_of(const KeyName& name) const
    {
        const auto found = reversals_.find(name);
        return found == reversals_.end() ? Reversal{} : found->second;
    }
    bool is_reversed(const KeyName& name) const { return reversal_of(name).first_ack != Reversal::never; }

    void note_reversals()
    {
        for (const auto& [name, key] : wire_.keys) {
            for (const SeenContent& content : key.contents) {
                if (content.asked_for != AskedFor::reversal) continue;
                Reversal& reversal = reversals_[content.target];
                for (const SeenRequest& request : content.requests)
                    reversal.first_request = std::min(reversal.first_request, request.place);
                for (const SeenAnswer& answer : content.answers)
                    if (answer.approves()) reversal.first_ack = std::min(reversal.first_ack, answer.place);
            }
        }
    }

    // --- what was answered

    void judge_answers(const KeyName& name, const SeenKey& key)
    {
        std::size_t approved = 0;
        for (const SeenContent& content : key.contents) {
            ++audit_.messages;
            if (content.answers.empty())
                add(Breach::undetermined, name,
                    std::to_string(content.requests.size()) + " times asked, never answered");
            else
                ++audit_.determinate;
            approved += content.is_approved() ? 1 : 0;
            judge_sameness(name, content);
            judge_each(name, content);
        }
        audit_.approved += approved;
        if (approved > 1) add(Breach::two_contents, name, "two contents were approved");
    }

    /// The answers in the order in which they came: "00 00 21".
    static std::string codes_of(const SeenContent& content)
    {
        std::string codes;
        for (const SeenAnswer& answer : content.answers) codes += (codes.empty() ? "" : " ") + answer.code;
        return codes;
    }

    /// "Unavailable" is told apart: a server that says so without having written it down may say something
    /// else when it is asked again.
    void judge_sameness(const KeyName& name, const SeenContent& content)
    {
        const SeenAnswer* approval = nullptr;
        const SeenAnswer* decline = nullptr;
        const SeenAnswer* unavailable = nullptr;
        bool differs = false;
        bool contradicts = false;
        const std::size_t reversed_from = reversal_of(name).first_request;
        for (const SeenAnswer& answer : content.answers) {
            const bool is_unavailable = answer.code == unavailable_code;
            const SeenAnswer*& first = is_unavailable ? unavailable : answer.approves() ? approval : decline;
            if (first == nullptr) first = &answer;
            differs |= first->digest != answer.digest;
            contradicts |= first == decline && (answer.code != reversed_code || answer.place < reversed_from);
        }
        const std::string text = std::string(name_of(content.asked_for)) + " answered " + codes_of(content);
        if (differs) add(Breach::differing, name, text);
        if (approval != nullptr && decline != nullptr && contradicts) add(Breach::contradicting, name, text);
        if (unavailable != nullptr && approval != nullptr)
            add(Breach::unavailable_and_approved, name, text);
        else if (unavailable != nullptr && decline != nullptr)
            add(Breach::unavailable_and_declined, name, text);
    }

    /// Each answer against the request it can have answered: the last one on its connection that has none.
    void judge_each(const KeyName& name, const SeenContent& content)
    {
        std::vector<bool> used(content.requests.size());
        const std::size_t acknowledged = reversal_of(name).first_ack;
        for (const SeenAnswer& answer : content.answers) {
            const SeenRequest* asked = nullptr;
            bool was_asked_before_reversal = false;
            for (std::size_t i = content.requests.size(); i-- > 0;) {
                const SeenRequest& request = content.requests[i];
                if (request.connection != answer.connection || request.place > answer.place) continue;
                was_asked_before_reversal |= request.place < acknowledged;
                if (used[i] || asked != nullptr) continue;
                used[i] = true;
                asked = &request;
            }
            if (asked == nullptr)
                add(Breach::unasked, name,
                    std::string(name_of(content.asked_for)) + " answered once too often");
            else if (answer.approves() && content.asked_for != AskedFor::reversal)
                judge_approval(name, answer, *asked);
            if (answer.approves() && answer.place > acknowledged && !was_asked_before_reversal)
                add(Breach::revived, name, "approved behind its acknowledged reversal");
        }
    }

    void judge_approval(const KeyName& name, const SeenAnswer& answer, const SeenRequest& asked)
    {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(answer.at_least - asked.at);
        if (took > settings_.cutoff)
            add(Breach::late, name, "approved after " + std::to_string(took.count()) + " ms");
    }

    // --- what the books hold

    void read_journal()
    {
        for (const PostingRow& posting : books_.postings)
            moved_[posting.group] += books_.moved_minor(posting);
        for (const JournalRow& row : books_.journal) {
            if (row.operation == "load") {
                own_groups_.insert(row.group);
                continue;
            }
            const auto key = wire_.keys.find(row.name);
            if (key == wire_.keys.end()) {
                add(Breach::invented, row.name, row.operation + " in the journal, never sent");
                continue;
            }
            if (row.operation == "own_undo") continue;
            auto& rows = rows_[row.name];
            rows.push_back(&row);
            if (rows.size() > (row.operation == "fault_reversal" ? key->second.contents.size() : 1U))
                add(Breach::doubled, row.name, "more journal rows than messages");
            if (row.key == row.group) group_of_[row.name] = row.group;
        }
    }

    std::int64_t moved_by(const KeyName& name) const
    {
        const auto group = group_of_.find(name);
        const auto moved = group == group_of_.end() ? moved_.end() : moved_.find(group->second);
        return moved == moved_.end() ? 0 : moved->second;
    }

    void judge_effect(const KeyName& name, const SeenKey& key)
    {
        const AskedFor asked_for = key.contents.front().asked_for;
        if (asked_for == AskedFor::reversal) return judge_reversal(name, key);
        judge_carried_out(name, key);
        if (asked_for == AskedFor::cancel || asked_for == AskedFor::linked_refund ||
            asked_for == AskedFor::inquiry)
            return; // its effect is part of its sale's, or none
        const std::int64_t due = due_of(name, key);
        const std::int64_t moved = moved_by(name);
        due_by_pan_[key.contents.front().pan] += due;
        if (moved != due) add(breach_of(name, due, moved), name, describe(name, key, due, moved));
    }

    Breach breach_of(const KeyName& name, std::int64_t due, std::int64_t moved) const
    {
        if (due == 0) return is_reversed(name) ? Breach::unreversed : Breach::effect_without_approval;
        return std::abs(moved) > std::abs(due) ? Breach::doubled : Breach::lost;
    }

    std::string describe(const KeyName& name, const SeenKey& key, std::int64_t due, std::int64_t moved) const
    {
        std::string text = std::string(name_of(key.contents.front().asked_for)) + ": due " +
                           std::to_string(due) + ", moved " + std::to_string(moved) + "; answered " +
                           codes_of(key.contents.front());
        if (is_reversed(name)) text += "; reversed";
        return text;
    }

    /// The books must have carried out the content that was approved, and no other.
    void judge_carried_out(const KeyName& name, const SeenKey& key)
    {
        const SeenContent* approved = key.approved();
        const auto rows = rows_.find(name);
        const JournalRow* row = rows == rows_.end() ? nullptr : rows->second.front();
        if (approved == nullptr) return;
        if (row == nullptr || row->reason != "approved")
            add(Breach::lost, name,
                std::string(name_of(approved->asked_for)) + " approved; the journal says " +
                    (row == nullptr ? std::string("nothing") : row->reason));
        else if (row->amount_minor != approved->amount_minor())
            add(Breach::two_contents, name, "another content was carried out than was approved");
    }

    /// What the answers say that a sale with all that hangs on it, or a refund, has moved.
    std::int64_t due_of(const KeyName& name, const SeenKey& key)
    {
        const SeenContent* approved = key.approved();
        if (approved == nullptr || is_reversed(name)) return 0;
        if (approved->asked_for == AskedFor::refund) return approved->amount_minor();
        return -std::max<std::int64_t>(0, approved->amount_minor() - given_back(name));
    }

    std::int64_t given_back(const KeyName& sale)
    {
        if (given_.empty()) add_up_given();
        const auto found = given_.find(sale);
        return found == given_.end() ? 0 : found->second;
    }

    void add_up_given()
    {
        given_[""] = 0; // done once
        for (const auto& [name, key] : wire_.keys) {
            const SeenContent* approved = key.approved();
            if (approved == nullptr || is_reversed(name)) continue;
            if (approved->asked_for == AskedFor::cancel || approved->asked_for == AskedFor::linked_refund)
                given_[approved->target] += approved->amount_minor();
        }
    }

    void judge_reversal(const KeyName& name, const SeenKey& key)
    {
        const auto rows = rows_.find(name);
        for (const SeenContent& content : key.contents) {
            const bool is_refused =
                std::ranges::any_of(content.answers, [](const SeenAnswer& a) { return !a.approves(); });
            if (is_refused) add(Breach::unreversed, name, "a reversal was refused: " + codes_of(content));
            if (!content.is_approved()) continue;
            if (rows == rows_.end()) add(Breach::reversal_lost, name, "acknowledged, and not in the journal");
            const auto target = wire_.keys.find(content.target);
            if (target == wire_.keys.end() && moved_by(content.target) != 0)
                add(Breach::unreversed, content.target, "moved something behind its reversal");
        }
    }

    /// Every effect hangs on a message that was sent.
    void judge_groups()
    {
        std::unordered_set<std::string> known = own_groups_;
        for (const auto& [name, group] : group_of_) known.insert(group);
        for (const auto& [group, moved] : moved_)
            if (moved != 0 && !known.contains(group))
                add(Breach::invented, group,
                    "moved " + std::to_string(moved) + ", and hangs on nothing that was sent");
    }

    void judge_balances()
    {
        for (const auto& [pan, account] : settings_.account_of) {
            const auto found = books_.balances.find(account);
            const auto due = due_by_pan_.find(pan);
            const std::int64_t wanted =
                settings_.opening_minor + (due == due_by_pan_.end() ? 0 : due->second);
            if (found == books_.balances.end() || found->second != wanted)
                add(Breach::wrong_balance, "account " + std::to_string(account),
                    "should have " + std::to_string(wanted) +
                        (found == books_.balances.end() ? ", is not there"
                                                        : ", has " + std::to_string(found->second)));
        }
    }

    const LedgerBooks& books_;
    const AuditSettings& settings_;
    WireFacts wire_;
    Audit audit_;
    std::unordered_map<KeyName, Reversal> reversals_; ///< by the key that they name
    std::unordered_map<KeyName, std::vector<const JournalRow*>> rows_;
    std::unordered_map<KeyName, std::string> group_of_;
    std::unordered_set<std::string> own_groups_;          ///< loads of accounts
    std::unordered_map<std::string, std::int64_t> moved_; ///< by group
    std::unordered_map<KeyName, std::int64_t> given_;
    std::unordered_map<std::string, std::int64_t> due_by_pan_;
};

} // namespace

std::string_view name_of(Breach breach)
{
    constexpr std::array<std::string_view, breach_count> names{"lost",
                                                               "doubled",
                                                               "effect_without_approval",
                                                               "contradicting",
                                                               "differing",
                                                               "unavailable_and_approved",
                                                               "unavailable_and_declined",
                                                               "wrong_echo",
                                                               "unasked",
                                                               "undetermined",
                                                               "late",
                                                               "revived",
                                                               "unreversed",
                                                               "reversal_lost",
                                                               "invented",
                                                               "two_contents",
                                                               "wrong_balance"};
    return names.at(static_cast<std::size_t>(breach));
}

std::optional<Breach> breach_named(std::string_view name)
{
    for (std::size_t i = 0; i < breach_count; ++i)
        if (name_of(static_cast<Breach>(i)) == name) return static_cast<Breach>(i);
    return std::nullopt;
}

bool Audit::is_clean(const std::vector<Breach>& tolerated) const
{
    for (std::size_t i = 0; i < breach_count; ++i)
        if (counts.at(i) != 0 && std::ranges::find(tolerated, static_cast<Breach>(i)) == tolerated.end())
            return false;
    return true;
}

void Audit::add(Breach breach, const KeyName& key, std::string text)
{
    std::size_t& count = counts.at(static_cast<std::size_t>(breach));
    if (count++ < shown_max) violations.push_back({breach, key, std::move(text)});
}

Audit audit(const Recording& recording, const LedgerBooks& books, const AuditSettings& settings)
{
    return Auditor(recording, books, settings).run();
}

} // namespace sim
