// PolicyGraph.swift — the policies that are valid along a path, certificate by certificate from the anchor down.
// RFC 5280 §6.1.2-§6.1.5 with the graph of RFC 9618, which replaces the tree that grows exponentially.
// Next: PolicyCheck.swift.

/// valid_policy_graph. RFC 9618 §3.1: at each depth a policy has one node, whatever number of parents.
///
/// Bounds: a certificate of `p` policies and `m` mappings (256 each at the most) adds a level of at most `p + m` nodes and,
/// where it holds anyPolicy, one for each policy that the level above expects. That is at most 256 + 2·256 nodes more than
/// the level above has, so a path of 10 certificates never has more than 45·768 nodes; a level has as many edges to the
/// one above as that one expects policies, its nodes and mappings together.
struct PolicyGraph {
    private struct Node {
        /// The nodes above, by their valid_policy. anyPolicy is the only parent where it is one: it expects but itself.
        let parents: [ObjectIdentifier]
        /// expected_policy_set; nil is the node's own policy alone, as long as nothing is mapped.
        var expected: Set<ObjectIdentifier>?
    }

    /// The nodes of each depth by valid_policy. Nodes without children stay where they are: `validPolicies` never meets them.
    private var levels: [[ObjectIdentifier: Node]] = [[.anyPolicy: Node(parents: [])]]

    private var lowest: [ObjectIdentifier: Node] { levels.last ?? [:] }

    /// Whether the graph is NULL: no policy is valid for the whole path so far.
    var isEmpty: Bool { lowest.isEmpty }

    /// The policies that the next certificate may have; anyPolicy among them stands for every policy.
    var expectedPolicies: Set<ObjectIdentifier> {
        lowest.reduce(into: []) { all, entry in
            if let expected = entry.value.expected { all.formUnion(expected) } else { all.insert(entry.key) }
        }
    }

    /// RFC 5280 §6.1.3(d) and (e): one certificate's certificatePolicies, nil when it has none.
    ///
    /// - Parameter expandsAnyPolicy: whether anyPolicy in it counts.
    mutating func descend(_ policies: [ObjectIdentifier]?, expandsAnyPolicy: Bool) {
        var parents: [ObjectIdentifier: [ObjectIdentifier]] = [:]
        for (policy, node) in lowest {
            for expected in node.expected ?? [policy] { parents[expected, default: []].append(policy) }
        }
        var level: [ObjectIdentifier: Node] = [:]
        for policy in policies ?? [] where policy != .anyPolicy {
            // (d)(1)(i), and (ii) where nothing above expects this very policy.
            if let above = parents[policy] {
                level[policy] = Node(parents: above)
            } else if parents[.anyPolicy] != nil {
                level[policy] = Node(parents: [.anyPolicy])
            }
        }
        if expandsAnyPolicy, policies?.contains(.anyPolicy) == true {
            // (d)(2): anyPolicy holds for what is expected and not named.
            for (policy, above) in parents where level[policy] == nil { level[policy] = Node(parents: above) }
        }
        levels.append(level)
    }

    /// RFC 5280 §6.1.4(b): an authority's policyMappings, which is its certificate's and so follows `descend`.
    ///
    /// - Parameter isInhibited: whether a mapped policy is lost instead.
    mutating func map(_ mappings: PolicyMappings, isInhibited: Bool) {
        guard var level = levels.popLast() else { return }
        for (policy, subjectPolicies) in mappings.subjectPolicies {
            if isInhibited {
                level[policy] = nil
            } else if level[policy] != nil {
                level[policy]?.expected = subjectPolicies
            } else if level[.anyPolicy] != nil {
                level[policy] = Node(parents: [.anyPolicy], expected: subjectPolicies)
            }
        }
        levels.append(level)
    }

    /// The authority-constrained policies of RFC 9618 §5.6, in the names of the authorities next to the anchor: those that a
    /// node on a way from the lowest level up has under an anyPolicy, and anyPolicy itself when the lowest level holds it.
    var validPolicies: Set<ObjectIdentifier> {
        var found: Set<ObjectIdentifier> = lowest[.anyPolicy] == nil ? [] : [.anyPolicy]
        var reached = Set(lowest.keys)
        for level in levels.reversed() {
            var above: Set<ObjectIdentifier> = []
            for policy in reached {
                guard let node = level[policy] else { continue }
                if policy != .anyPolicy, node.parents == [.anyPolicy] { found.insert(policy) }
                above.formUnion(node.parents)
            }
            reached = above
        }
        return found
    }
}
