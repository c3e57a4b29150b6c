#pragma once

#include "net/envelope.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace net {

using DraftPtr = std::unique_ptr<Draft>;

/// Messages and drafts that are used again with their memory. A draft is three kilobytes and lives from a
/// request to its answer: to allocate each was a tenth of what the I/O thread did. For one thread.
class DraftPool {
public:
    /// An empty one.
    [[nodiscard]] DraftPtr take()
    {
        if (spare_.empty()) return std::make_unique<Draft>();
        DraftPtr draft = std::move(spare_.back());
        spare_.pop_back();
        return draft;
    }

    /// What stands in it is overwritten.
    void give_back(DraftPtr draft)
    {
        if (spare_.size() == spare_max) return;
        draft->message.clear();
        draft->request_header = {};
        draft->wrong_element = 0;
        draft->first_byte.reset();
        spare_.push_back(std::move(draft));
    }

    /// Of the request that is being read: a view over its frame, empty between two frames. It is as large as
    /// a draft, and ten thousand connections would fill the caches with as many of them.
    codec::Message in_hand;

private:
    static constexpr std::size_t spare_max = 4'096; ///< of all connections of the node
    std::vector<DraftPtr> spare_;
};

} // namespace net
