// What is written behind: all of it, in order, and what fails is told.
#include "sim/write_behind.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace {

using sim::WriteBehind;

/// Takes so many bytes.
class SmallDisk final : public std::streambuf {
public:
    explicit SmallDisk(std::size_t room) : room_(room) {}
    [[nodiscard]] const std::string& taken() const { return taken_; }

protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override
    {
        const std::size_t part = std::min(static_cast<std::size_t>(size), room_ - taken_.size());
        taken_.append(text, part);
        return static_cast<std::streamsize>(part);
    }

private:
    std::size_t room_;
    std::string taken_;
};

class BrokenDisk final : public std::streambuf {
protected:
    std::streamsize xsputn(const char*, std::streamsize) override { throw std::runtime_error("broken"); }
};

class DiskWithoutEnd final : public std::streambuf {
protected:
    std::streamsize xsputn(const char*, std::streamsize size) override { return size; }
    int sync() override { return -1; }
};

} // namespace

TEST_CASE("write behind: all that was written is there, in order, once it is flushed")
{
    std::stringbuf target;
    WriteBehind behind(target);
    std::ostream out(&behind);
    std::string expected;
    for (int i = 0; i < 10'000; ++i) {
        const std::string part = std::to_string(i) + std::string(static_cast<std::size_t>(i) % 97, 'x');
        out.write(part.data(), static_cast<std::streamsize>(part.size()));
        out.put('\n');
        expected += part + "\n";
    }
    CHECK(out.flush());
    CHECK(target.str() == expected);
}

TEST_CASE("write behind: what waits at the end is written, too")
{
    std::stringbuf target;
    {
        WriteBehind behind(target);
        std::ostream(&behind) << "the last words";
    }
    CHECK(target.str() == "the last words");
}

TEST_CASE("write behind: a full disk shows at the flush and at what is written later, which it does not get")
{
    SmallDisk target(10);
    WriteBehind behind(target);
    std::ostream out(&behind);
    out << "six by";
    CHECK(out.flush());
    out << "and more than there is room for";
    CHECK_FALSE(out.flush());
    out.clear();
    out << "later";
    CHECK_FALSE(out.good());
    CHECK(target.taken() == "six byand ");
}

TEST_CASE("write behind: an output that throws or cannot be flushed fails as well")
{
    BrokenDisk broken;
    WriteBehind behind(broken);
    std::ostream out(&behind);
    out << "something";
    CHECK_FALSE(out.flush());

    DiskWithoutEnd without_end;
    WriteBehind behind_it(without_end);
    std::ostream never(&behind_it);
    never << "something";
    CHECK_FALSE(never.flush());
}
