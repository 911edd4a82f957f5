/* json_paths - the fields of a line of JSON that a program wants.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_PATHS_H
#define LIB_JSON_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault.h"
#include "lib/json_mask.h"
#include "lib/span.h"

/* The fields that a program wants: a path (lib/path.h) each. */
struct json_paths;
struct json_paths *json_paths_new(void); /* NULL: out of memory */
void json_paths_del(struct json_paths *);

/*
 * Adds a path; returns its index (from 0; the same index for the same path),
 * or -1 with a fault.
 */
int json_paths_add(struct json_paths *, struct span path, struct fault *);
size_t json_paths_count(const struct json_paths *);

/*
 * The same for a field of the user's.  Programs write keys that hold dots, and
 * who names one seldom quotes it: where an object lacks the path, a key that
 * is some of its keys with their dots counts as these.  So a.b.c is, in this
 * order, a, b, c; a, "b.c"; "a.b", c; "a.b.c": the first that a line has, each
 * line by itself.  Not for a path of more than eight keys, or with a quote.
 */
int json_paths_add_field(struct json_paths *, struct span path, struct fault *);

/* --- the tree, for what reads lines ----------------------------------------
 */

/*
 * The wanted paths as a tree of keys: nodes[0] is the line's object.  A node
 * with a leaf index is a wanted field, one with a child is descended into,
 * and a node may be both (a and a.b).
 */
struct json_node {
	char *key;
	size_t key_n;
	uint64_t lengths; /* of the children's keys: a bit each */
	/* The key's first bytes and the quote behind it, eight at the most, as
	 * they stand in a line; those that count are set in head_mask. */
	uint64_t head, head_mask;
	uint64_t tail; /* of one of eight and more, the last seven, and it */
	int level;     /* of objects around it; 0: the line's own */
	int leaf;      /* index of the path that ends here, or -1 */
	int parent;
	int child;    /* first child, or -1 */
	int next;     /* next sibling, or -1 */
	int by_first; /* another one whose key begins so, or -1 */
};

/* Where the path of that leaf is not found, the other leaf's value is its. */
struct json_stand_in {
	int leaf, other;
};

struct json_paths {
	struct json_node *nodes;
	size_t n, cap;
	size_t leaves;
	struct json_stand_in *stand_ins; /* the first that is found counts */
	size_t nstand_ins;
	int levels; /* of objects that are looked into: 1 and more */
	/* The first bytes of all keys, an empty one's quote; where there are
	 * more of them nfirsts is above JSON_MASK_FIRSTS. */
	struct json_firsts first;
	int nfirsts;
	int by_first[256]; /* a node whose key begins so, or -1 */
};

static inline uint64_t
json_node_bit(size_t n)
{
	return UINT64_C(1) << (n < 63 ? n : 63);
}

static inline int
json_node_child(const struct json_paths *paths, int parent, struct span key)
{
	int i = paths->nodes[parent].child;

	/* Most keys are wanted by nobody, and are told by their length. */
	if ((paths->nodes[parent].lengths & json_node_bit(key.n)) == 0)
		return -1;
	while (i != -1) {
		const struct json_node *node = &paths->nodes[i];

		if (node->key_n == key.n &&
		    memcmp(node->key, key.p, key.n) == 0)
			break;
		i = node->next;
	}
	return i;
}

#endif
