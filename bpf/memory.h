/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Access to words that several CPUs write: compare-and-exchange, publishing, ordered reading. No rule of pairing
 * belongs in here.
 *
 * With AOD_PLAIN the same functions use plain loads and stores, because kernels 5.10 and 5.11 refuse an object that
 * contains a compare-and-exchange, even in code that never runs. There two CPUs that hit one set within the same few
 * nanoseconds can lose a request without counting it; `aod doctor` reports that.
 */
#ifndef AOD_MEMORY_H
#define AOD_MEMORY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* One load or store at exactly this point: the compiler neither repeats nor moves it. */
#define READ_ONCE(field) (*(const volatile typeof(field) *)&(field))
#define WRITE_ONCE(field, value) (*(volatile typeof(field) *)&(field) = (value))

/*
 * On x86 stores become visible in program order, and loads happen in program order. On other CPUs a store needs an
 * instruction with a barrier (BPF got loads and stores with ordering in 6.15, fully ordered read-modify-writes in
 * 5.12), and a load needs an address that depends on the load before it.
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

/* Writes the word so that a reader that sees the new value sees every earlier write as well. */
static __always_inline void publish(aod_u64 *word, aod_u64 value)
{
#ifdef AOD_ORDERED_BY_CPU
	asm volatile("" ::: "memory");
	WRITE_ONCE(*word, value);
#else
	__sync_lock_test_and_set(word, value);
#endif
}

/* Publishes one byte of a word. This program owns the byte, while other programs exchange the whole word. */
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

/* Returns the same pointer. All loads through it happen after the load that gave `seen`. */
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

/* Sets bits in a word that other programs may be changing. */
static __always_inline void set_bits(aod_u32 *word, aod_u32 bits)
{
#ifdef AOD_PLAIN
	*word |= bits;
#else
	__sync_fetch_and_or(word, bits);
#endif
}

/* Adds to a word that several CPUs count in. */
static __always_inline void add(aod_u32 *word, aod_u32 amount)
{
#ifdef AOD_PLAIN
	*word += amount;
#else
	__sync_fetch_and_add(word, amount);
#endif
}

/* Adds to a 64-bit word that several CPUs count in. */
static __always_inline void add_long(aod_u64 *word, aod_u64 amount)
{
#ifdef AOD_PLAIN
	*word += amount;
#else
	__sync_fetch_and_add(word, amount);
#endif
}

#endif
