/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Words that two CPUs write: one step of compare-and-exchange, publishing, reading in order. In: a word in a map; out:
 * what it held, or whether it is ours now. No rule of pairing is in here.
 *
 * AOD_PLAIN makes the same of plain loads and stores: kernels 5.10 and 5.11 refuse an object that contains a
 * compare-and-exchange, even in code that never runs. There two CPUs that hit one set in the same few nanoseconds can
 * lose a request unseen; `doctor` says so.
 */
#ifndef AOD_MEMORY_H
#define AOD_MEMORY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* One load or store, here and now: the compiler neither repeats nor moves it. */
#define READ_ONCE(field) (*(const volatile typeof(field) *)&(field))
#define WRITE_ONCE(field, value) (*(volatile typeof(field) *)&(field) = (value))

/*
 * Stores of x86 become visible in program order, and its loads happen in that order. Elsewhere a store takes an
 * instruction with a barrier (BPF got loads and stores with ordering in 6.15, fully ordered read-modify-writes in
 * 5.12), and a load takes an address that depends on what was loaded before.
 */
#if defined(AOD_PLAIN) || defined(__TARGET_ARCH_x86)
#define AOD_ORDERED_BY_CPU 1
#endif

/* Puts `after` into the word if it still holds `before`, as one fully ordered step. */
static __always_inline int swap(aod_u64 *word, aod_u64 before, aod_u64 after)
{
#ifdef AOD_PLAIN
	if (READ_ONCE(*word) != before)
		return 0;
	WRITE_ONCE(*word, after);
	return 1;
#else
	return __sync_val_compare_and_swap(word, before, after) == before;
#endif
}

/* Writes the word so that whoever sees it sees everything that was written before. */
static __always_inline void publish(aod_u64 *word, aod_u64 value)
{
#ifdef AOD_ORDERED_BY_CPU
	asm volatile("" ::: "memory");
	WRITE_ONCE(*word, value);
#else
	__sync_lock_test_and_set(word, value);
#endif
}

/* The same for one byte of a word, which is ours alone, while others exchange the whole word. */
static __always_inline void publish_byte(aod_u64 *word, aod_u32 number, aod_u8 before, aod_u8 after)
{
#ifdef AOD_ORDERED_BY_CPU
	(void)before;
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte 0 is the lowest");
	asm volatile("" ::: "memory");
	WRITE_ONCE(((aod_u8 *)word)[number], after);
#else
	__sync_fetch_and_add(word, ((aod_u64)after - before) << (number * 8));
#endif
}

/* The pointer again: all loads through it happen after the load that gave `seen`. */
static __always_inline void *behind(void *pointer, aod_u64 seen)
{
#ifdef AOD_ORDERED_BY_CPU
	asm volatile("" ::"r"(seen) : "memory");
	return pointer;
#else
	asm volatile("%0 &= 0" : "+r"(seen));
	return pointer + seen;
#endif
}

/* Sets bits in a word that others may be changing. */
static __always_inline void set_bits(aod_u32 *word, aod_u32 bits)
{
#ifdef AOD_PLAIN
	*word |= bits;
#else
	__sync_fetch_and_or(word, bits);
#endif
}

/* For a word that several CPUs count in. */
static __always_inline void add(aod_u32 *word, aod_u32 amount)
{
#ifdef AOD_PLAIN
	*word += amount;
#else
	__sync_fetch_and_add(word, amount);
#endif
}

/* The same for a long one. */
static __always_inline void add_long(aod_u64 *word, aod_u64 amount)
{
#ifdef AOD_PLAIN
	*word += amount;
#else
	__sync_fetch_and_add(word, amount);
#endif
}

#endif
