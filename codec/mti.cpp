#include "codec/mti.hpp"

#include "codec/digits.hpp"

#include <cstring>

namespace codec {

namespace {

/// The digit with its lowest bit cleared: 1 -> 0, 5 -> 4. Works on the characters: '0' is even.
char without_low_bit(char digit)
{
    return static_cast<char>(digit & ~1);
}

Mti made_of(char version, char message_class, char function, char origin)
{
    const char digits[] = {version, message_class, function, origin};
    return Mti::parse({digits, sizeof digits}).value();
}

} // namespace

std::optional<Mti> Mti::parse(std::string_view text)
{
    Mti mti;
    if (text.size() != mti.digits_.size() || !are_digits(as_bytes(text), '0')) return std::nullopt;
    std::memcpy(mti.digits_.data(), text.data(), mti.digits_.size());
    return mti;
}

Mti answer_to(Mti request)
{
    // Setting the low bit is "plus one" for a request and leaves an answer as it is: nobody answers an
    // answer, and a caller that asks all the same must not get 0220 out of 0210's plus one.
    return made_of(request.version(), request.message_class(), static_cast<char>(request.function() | 1),
                   without_low_bit(request.origin()));
}

Mti without_repeat(Mti mti)
{
    return made_of(mti.version(), mti.message_class(), mti.function(), without_low_bit(mti.origin()));
}

Mti with_repeat(Mti mti)
{
    return made_of(mti.version(), mti.message_class(), mti.function(), static_cast<char>(mti.origin() | 1));
}

} // namespace codec
