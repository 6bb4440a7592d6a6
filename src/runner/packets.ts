// Which packets are recorded: those of the SMB connections to the server that an order is about. In: the order; out: the
// arguments of tcpdump, or why there is nothing to record. Pure. An address comes from the kernel's text, where a server's
// name may stand in its place: only what is an IP address becomes part of a filter.

import { canonicalAddress, isAddress } from "../model/address.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { CaptureOrder } from "../model/capture.ts";
import { dropInHint } from "../model/drop-in.ts";
import { isShareOf, serverOfShare, type TreeShare } from "../model/share.ts";
import type { Host, Plan } from "./plan.ts";

/** Headers of Ethernet, IP, TCP and SMB2 fit, and hardly any data. */
const SNAP_BYTES = 128;
/** A filter of more than that is of no use to anybody. */
const ADDRESSES_MAX = 16;
/** Direct hosting, and over NetBIOS. Nothing in /proc says which port it is. */
const PORTS = "(port 445 or port 139)";

export function planPackets(
  { share, shares }: Pick<CaptureOrder, "share" | "shares">,
  { permits }: Pick<Host, "permits">,
): Plan {
  if (!permits.packets) {
    return { missing: `packets may not be recorded (CAP_NET_RAW, AF_PACKET): ${dropInHint("pcap")}` };
  }
  const isAny = share === "" || share === UNKNOWN_SHARE;
  const its = isAny ? shares : shares.filter((tree) => isShareOf(tree.share, serverOfShare(share)));
  // Sessions of the past are remembered too: what was read last stands last.
  const addresses = [...new Set(its.flatMap(addressesOf))].slice(-ADDRESSES_MAX);
  if (addresses.length === 0) return { missing: `no address is known of ${isAny ? "any server" : share}` };
  const hosts = addresses.map((address) => `host ${address}`).join(" or ");
  const filter = `tcp and ${PORTS} and (${hosts})`;
  // Numbers as they are, no promiscuous mode, each packet written at once.
  return { args: ["-i", "any", "-nn", "-p", "-s", String(SNAP_BYTES), "-U", "-w", "-", filter] };
}

function addressesOf({ address, channelAddresses = [] }: TreeShare): readonly string[] {
  return [address, ...channelAddresses].flatMap((one) => literalOf(one) ?? []);
}

/** In its canonical form: a filter takes neither a scope nor an IPv4 address inside of an IPv6 one. */
function literalOf(address: string | undefined): string | undefined {
  return address !== undefined && isAddress(address) ? canonicalAddress(address) : undefined;
}
