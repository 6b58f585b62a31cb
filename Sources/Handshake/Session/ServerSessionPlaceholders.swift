// ServerSessionPlaceholders.swift — names only.
public final class TicketKeyRing: Sendable {}
public protocol ServerSessionCache: Sendable {}
public final class EarlyDataReplayGuard: Sendable {}
