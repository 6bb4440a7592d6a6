// Plans the action `pcap`: the packets of the SMB connections to the order's server. The result has the arguments of
// tcpdump, or the reason why there is nothing to record. Pure. Addresses come from the kernel's text, which may have a
// server's name in their place, so only valid IP addresses become part of the filter.

import { canonicalAddress, isAddress } from "../model/address.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { CaptureOrder } from "../model/capture.ts";
import { dropInHint } from "../model/drop-in.ts";
import { isShareOf, serverOfShare, type TreeShare } from "../model/share.ts";
import type { Host, Plan } from "./plan.ts";

/** Room for the headers of Ethernet, IP, TCP and SMB2, and hardly any data. */
const SNAP_BYTES = 128;
/** A longer filter would be of no use. */
const ADDRESSES_MAX = 16;
/** Direct hosting, and SMB over NetBIOS. No file of /proc shows which port a connection uses. */
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
  // `shares` also has past sessions, and the most recently read ones come last.
  const addresses = [...new Set(its.flatMap(addressesOf))].slice(-ADDRESSES_MAX);
  if (addresses.length === 0) return { missing: `no address is known of ${isAny ? "any server" : share}` };
  const hosts = addresses.map((address) => `host ${address}`).join(" or ");
  const filter = `tcp and ${PORTS} and (${hosts})`;
  // -nn: no names for addresses and ports; -p: no promiscuous mode; -U: each packet is written at once.
  return { args: ["-i", "any", "-nn", "-p", "-s", String(SNAP_BYTES), "-U", "-w", "-", filter] };
}

function addressesOf({ address, channelAddresses = [] }: TreeShare): readonly string[] {
  return [address, ...channelAddresses].flatMap((one) => literalOf(one) ?? []);
}

/** The canonical form: a filter accepts neither a scope nor an IPv4 address inside an IPv6 address. */
function literalOf(address: string | undefined): string | undefined {
  return address !== undefined && isAddress(address) ? canonicalAddress(address) : undefined;
}
