// The version of the protocol between bot and GPU hosts, each message of it JSON that is signed.

/** Raised with every change of what the messages say that the other side would not understand. */
export const protocolVersion = 3
