/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_LIST_H
#define STANDIN_LINUX_LIST_H

#include <linux/kernel.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add_tail(struct list_head *node, struct list_head *list)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void list_del(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

#define list_for_each_entry(entry, list, member)                               \
	for (entry = container_of((list)->next, __typeof__(*(entry)), member); \
	     &(entry)->member != (list);                                       \
	     entry = container_of((entry)->member.next, __typeof__(*(entry)),  \
				  member))

#endif
