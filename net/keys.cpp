#include "net/keys.hpp"

#include "authz/test_build.hpp"
#include "net/sha256.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <string>

namespace net {

namespace {

/// Fields one behind the other, each behind its length, so that no two lists of fields look alike.
class Fields {
public:
    Fields() { bytes_.reserve(usual_bytes); }

    Fields& add(std::string_view field)
    {
        add_number(field.size());
        bytes_ += field;
        return *this;
    }
    Fields& add(std::uint64_t number)
    {
        add_number(number);
        return *this;
    }
    template <class Tag> Fields& add(const authz::Id128<Tag>& id)
    {
        return add(std::string_view(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()));
    }

    [[nodiscard]] std::array<std::uint8_t, 32> sha256() const
    {
        return net::sha256({bytes_.data(), bytes_.size()});
    }

private:
    void add_number(std::uint64_t number)
    {
        std::array<char, 8> big_endian;
        for (std::size_t i = 0; i < 8; ++i) big_endian[i] = static_cast<char>(number >> (56 - 8 * i) & 0xFF);
        bytes_.append(big_endian.data(), big_endian.size());
    }

    static constexpr std::size_t usual_bytes = 384;
    std::array<std::byte, usual_bytes + 64> room_; ///< all fields fit in, usually
    std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
    std::pmr::string bytes_{&memory_};
};

constexpr std::size_t time_bytes = 4;

/// A key of the same second as another, so that it lies beside it.
authz::Key of_same_second(authz::Key key, const Fields& fields)
{
    const auto digest = fields.sha256();
    std::copy_n(digest.begin(), key.bytes.size() - time_bytes, key.bytes.begin() + time_bytes);
    return key;
}

/// What most messages do not have adds nothing, so that their digests are those of earlier versions.
void add_extent(Fields& fields, const authz::Request& request)
{
    if (request.scope != authz::ReversalScope::message)
        fields.add("scope").add(static_cast<std::uint64_t>(request.scope));
    if (request.part)
        fields.add("part")
            .add(static_cast<std::uint64_t>(request.part->mode))
            .add(static_cast<std::uint64_t>(request.part->minor));
    if (request.network_declined) fields.add("declined");
}

} // namespace

authz::Key key_of(const KeyParts& parts, std::chrono::sys_seconds transmitted_at)
{
    if (TOLLGATE_PLANTED("key-without-terminal") && !parts.terminal.empty())
        return key_of({parts.network, parts.mti_kind, parts.stan, parts.transmitted, {}}, transmitted_at);
    authz::Key key;
    const auto second = static_cast<std::uint32_t>(transmitted_at.time_since_epoch().count());
    for (std::size_t i = 0; i < time_bytes; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(second >> (8 * (time_bytes - 1 - i)));
    return of_same_second(key, Fields()
                                   .add(parts.network)
                                   .add(parts.mti_kind)
                                   .add(parts.stan)
                                   .add(parts.transmitted)
                                   .add(parts.terminal));
}

std::string text_of(const std::vector<authz::Key>& keys)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const authz::Key& key : keys) {
        if (!text.empty()) text += ' ';
        for (const std::uint8_t byte : key.bytes) {
            text += digits[byte >> 4];
            text += digits[byte & 0xF];
        }
    }
    return text;
}

authz::ContentDigest content_of(const authz::Request& request)
{
    Fields fields;
    fields.add(static_cast<std::uint64_t>(request.operation));
    fields.add(request.card.value_or(authz::CardToken{}));
    fields.add(static_cast<std::uint64_t>(request.amount.minor)).add(request.amount.currency);
    fields.add(request.processing_code).add(request.merchant);
    if (request.original) fields.add(request.original->key).add(request.original->acquirer);
    add_extent(fields, request);
    const auto digest = fields.sha256();
    authz::ContentDigest content;
    std::copy_n(digest.begin(), content.bytes.size(), content.bytes.begin());
    return content;
}

authz::Key order_key_of(const authz::Key& fields_key, const authz::ContentDigest& content)
{
    if (TOLLGATE_PLANTED("order-key-without-content")) return fields_key;
    return of_same_second(fields_key, Fields().add("order").add(fields_key).add(content));
}

authz::Request own_undo_of(const authz::Request& target)
{
    authz::Request undo = target;
    undo.operation = authz::Operation::own_undo;
    undo.key = of_same_second(target.key, Fields().add("own undo").add(target.key).add(target.delivery));
    undo.original = authz::Original{target.key, target.acquirer};
    undo.abandoned = false;
    undo.content = content_of(undo);
    return undo;
}

} // namespace net
