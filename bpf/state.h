/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The state of a set of four lines in one word, and functions that read and change such a word. Pure: nothing here
 * reads or writes a map.
 *
 *     bytes 0 to 3   a line_state each
 *     byte 4         the lines by age, oldest first, two bits each, XOR ORDER_AT_FIRST
 *     bytes 5 to 7   the number of claims, so that a set that returns to the same states has another word
 */
#ifndef AOD_STATE_H
#define AOD_STATE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* Two bits. The upper bit is set while the line is in use. */
enum line_state {
	LINE_EMPTY = 0,
	LINE_COMPLETE = 1,
	LINE_OPEN = 2,
	LINE_CLAIMED = 3, /* owned by one running program; no other program may read or write it */
};

#define ORDER_SHIFT 32
#define ORDER_AT_FIRST 0xe4ULL /* the order 0, 1, 2, 3: empty lines are always the oldest */
#define ONE_CLAIM (1ULL << 40)

/* A set of lines: bit 0 of byte n stands for line n. */
#define ALL_LINES 0x01010101ULL

static __always_inline aod_u64 lines_idle(aod_u64 state)
{
	return ~(state >> 1) & ALL_LINES;
}

static __always_inline aod_u64 lines_open(aod_u64 state)
{
	return state >> 1 & ~state & ALL_LINES;
}

static __always_inline int has_line(aod_u64 lines, aod_u32 at)
{
	return lines >> (at * 8) & 1;
}

static __always_inline int is_single(aod_u64 lines)
{
	return lines && !(lines & (lines - 1));
}

/* The number of the line in a set of one: for line 3 both of its parts have a bit. */
static __always_inline aod_u32 only_line(aod_u64 lines)
{
	return (lines >> 8 | lines >> 15 | lines >> 24 | lines >> 23) & (AOD_SET_LINES - 1);
}

/* The number of the n-th oldest line. */
static __always_inline aod_u32 line_by_age(aod_u64 state, aod_u32 n)
{
	return (state >> ORDER_SHIFT ^ ORDER_AT_FIRST) >> (n * 2) & (AOD_SET_LINES - 1);
}

/* The same state with the n-th oldest line as the youngest. */
static __always_inline aod_u64 make_youngest(aod_u64 state, aod_u32 n)
{
	aod_u64 order = (state >> ORDER_SHIFT ^ ORDER_AT_FIRST) & 0xff;
	aod_u64 older = order & ((1 << (n * 2)) - 1);
	aod_u64 younger = order >> (n * 2) >> 2 << (n * 2);

	order = (older | younger | (aod_u64)line_by_age(state, n) << 6) ^ ORDER_AT_FIRST;
	return (state & ~(0xffULL << ORDER_SHIFT)) | order << ORDER_SHIFT;
}

static __always_inline aod_u64 make_claimed(aod_u64 state, aod_u32 at)
{
	return (state | (aod_u64)LINE_CLAIMED << (at * 8)) + ONE_CLAIM;
}

#endif
