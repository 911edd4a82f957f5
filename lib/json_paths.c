/* json_paths - the wanted fields as a tree of keys.
 * SPDX-License-Identifier: ISC */
#include "lib/json_paths.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/path.h"

enum { KEYS_MAX = 8 }; /* of a path that has stand-ins */

static void
set_head(struct json_node *node)
{
	char head[9] = { 0 }, mask[9] = { 0 };
	size_t n = node->key_n < sizeof node->head ? node->key_n + 1
	                                           : sizeof node->head;

	memcpy(head, node->key, n < node->key_n ? n : node->key_n);
	if (n > node->key_n)
		head[node->key_n] = '"';
	memset(mask, 0xff, n);
	if (node->key_n >= sizeof node->head) {
		char tail[8];

		memcpy(tail, node->key + node->key_n - 7, 7);
		tail[7] = '"';
		memcpy(&node->tail, tail, sizeof node->tail);
	}
	/* A key that is escaped in lines never stands there as it is. */
	for (size_t i = 0; i < node->key_n; i++)
		if ((unsigned char)node->key[i] < ' ' || node->key[i] == '"' ||
		    node->key[i] == '\\') {
			memset(head, 0xff, sizeof head);
			memset(mask, 0xff, sizeof mask);
		}
	memcpy(&node->head, head, sizeof node->head);
	memcpy(&node->head_mask, mask, sizeof node->head_mask);
}

static void
note_first(struct json_paths *paths, int node)
{
	char c = paths->nodes[node].key_n > 0 ? paths->nodes[node].key[0] : '"';
	int *by_first = &paths->by_first[(unsigned char)c];

	paths->nodes[node].by_first = *by_first;
	*by_first = node;
	if (paths->nfirsts > JSON_MASK_FIRSTS ||
	    (paths->nfirsts > 0 &&
		memchr(paths->first.byte, c, (size_t)paths->nfirsts) != NULL))
		return;
	/* What is left over is the last one again. */
	for (int i = paths->nfirsts; i < JSON_MASK_FIRSTS; i++) {
		for (int k = 0; k < 16; k++) {
			paths->first.low[k] &= (unsigned char)~(1 << i);
			paths->first.high[k] &= (unsigned char)~(1 << i);
		}
		json_firsts_set(&paths->first, i, c);
	}
	paths->nfirsts++;
}

static int
node_add(struct json_paths *paths, struct span key)
{
	struct json_node *node;

	if (array_room(paths->nodes, paths->cap, paths->n + 1) == -1)
		return -1;
	node = &paths->nodes[paths->n];
	*node = (struct json_node){ .leaf = -1, .child = -1, .next = -1 };
	node->key = malloc(key.n + 1);
	if (node->key == NULL)
		return -1;
	if (key.n > 0)
		memcpy(node->key, key.p, key.n);
	node->key_n = key.n;
	set_head(node);
	return (int)paths->n++;
}

struct json_paths *
json_paths_new(void)
{
	struct json_paths *paths = calloc(1, sizeof *paths);

	if (paths == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof paths->by_first / sizeof(int); i++)
		paths->by_first[i] = -1;
	if (node_add(paths, span_of("")) == -1) {
		json_paths_del(paths);
		return NULL;
	}
	return paths;
}

void
json_paths_del(struct json_paths *paths)
{
	if (paths == NULL)
		return;
	for (size_t i = 0; i < paths->n; i++)
		free(paths->nodes[i].key);
	free(paths->nodes);
	free(paths->stand_ins);
	free(paths);
}

size_t
json_paths_count(const struct json_paths *paths)
{
	return paths->leaves;
}

/* The child of that key, made where there is none; -1: out of memory. */
static int
child_of(struct json_paths *paths, int parent, struct span key)
{
	int child = json_node_child(paths, parent, key);

	if (child != -1)
		return child;
	child = node_add(paths, key);
	if (child == -1)
		return -1;
	paths->nodes[child].next = paths->nodes[parent].child;
	paths->nodes[parent].child = child;
	paths->nodes[parent].lengths |= json_node_bit(key.n);
	paths->nodes[child].level = paths->nodes[parent].level + 1;
	if (paths->nodes[child].level > paths->levels)
		paths->levels = paths->nodes[child].level;
	paths->nodes[child].parent = parent;
	note_first(paths, child);
	return child;
}

static int
leaf_of(struct json_paths *paths, int node)
{
	if (paths->nodes[node].leaf == -1)
		paths->nodes[node].leaf = (int)paths->leaves++;
	return paths->nodes[node].leaf;
}

int
json_paths_add(struct json_paths *paths, struct span path, struct fault *fault)
{
	struct buf key = { 0 };
	size_t at = 0;
	int node = 0, rc;

	while ((rc = path_key(path, &at, &key, fault)) == 1) {
		node = child_of(paths, node, buf_span(&key));
		if (node == -1) {
			rc = fault_set(fault, at, "out of memory");
			break;
		}
	}
	buf_free(&key);
	return rc == -1 ? -1 : leaf_of(paths, node);
}

static int
add_stand_in(struct json_paths *paths, int leaf, int other)
{
	struct json_stand_in *grown =
	    realloc(paths->stand_ins, (paths->nstand_ins + 1) * sizeof *grown);

	if (grown == NULL)
		return -1;
	paths->stand_ins = grown;
	grown[paths->nstand_ins++] = (struct json_stand_in){ leaf, other };
	return 0;
}

/* All ways to take the rest of a path, whose first keys led to node. */
static int
add_ways(struct json_paths *paths, int leaf, int node, struct span rest)
{
	for (size_t n = 1; n <= rest.n; n++) {
		struct span more = { rest.p + n + 1, rest.n - n - 1 };
		int child;

		if (n < rest.n && rest.p[n] != '.')
			continue;
		child = child_of(paths, node, (struct span){ rest.p, n });
		if (child == -1 ||
		    (n < rest.n && add_ways(paths, leaf, child, more) == -1))
			return -1;
		if (n == rest.n && leaf_of(paths, child) != leaf &&
		    add_stand_in(paths, leaf, leaf_of(paths, child)) == -1)
			return -1;
	}
	return 0;
}

int
json_paths_add_field(
    struct json_paths *paths, struct span path, struct fault *fault)
{
	size_t before = paths->leaves, dots = 0;
	int leaf = json_paths_add(paths, path, fault);

	for (size_t i = 0; i < path.n; i++)
		dots += path.p[i] == '.';
	/* A path that is there already has had its ways. */
	if (leaf == -1 || (size_t)leaf < before || dots == 0 ||
	    dots >= KEYS_MAX || memchr(path.p, '"', path.n) != NULL)
		return leaf;
	return add_ways(paths, leaf, 0, path) == 0
	           ? leaf
	           : fault_set(fault, 0, "out of memory");
}
