#include "net/read_piece.hpp"

#include <doctest/doctest.h>

#include <vector>

using net::ReadPiece;

TEST_CASE("read piece: who fills a read gets short ones until one is not filled")
{
    std::vector<std::uint8_t> room(64 * 1'024);
    ReadPiece piece;
    struct Row {
        const char* name;
        std::size_t asked;
        std::size_t brought;
    };
    const Row rows[] = {
        {"the first is a usual one", ReadPiece::usual_bytes, 100},
        {"little has come: as before", ReadPiece::usual_bytes, ReadPiece::usual_bytes - 1},
        {"nearly filled: as before", ReadPiece::usual_bytes, ReadPiece::usual_bytes},
        {"filled: short", ReadPiece::short_bytes, ReadPiece::short_bytes},
        {"filled again: still short", ReadPiece::short_bytes, ReadPiece::short_bytes - 1},
        {"not filled: as usual", ReadPiece::usual_bytes, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto space = piece.of(room);
        CHECK(space.size() == row.asked);
        CHECK(space.data() == room.data());
        piece.note(row.brought, space);
    }
}

TEST_CASE("read piece: a small space is asked for whole")
{
    std::vector<std::uint8_t> room(10);
    CHECK(ReadPiece().of(room).size() == 10);
}
