#ifndef _SYS_QUEUE_H_
#define _SYS_QUEUE_H_

#define	LIST_HEAD(name, type)						\
struct name {								\
	struct type *lh_first;						\
}
#define	LIST_ENTRY(type)						\
struct {								\
	struct type *le_next;						\
	struct type **le_prev;						\
}
#define	LIST_FIRST(head)	((head)->lh_first)
#define	LIST_NEXT(elm, field)	((elm)->field.le_next)
#define	LIST_FOREACH(var, head, field)					\
	for ((var) = LIST_FIRST(head);					\
	    (var) != NULL;						\
	    (var) = LIST_NEXT(var, field))
#define	LIST_INSERT_HEAD(head, elm, field) do {				\
	(elm)->field.le_next = (head)->lh_first;			\
	(head)->lh_first = (elm);					\
} while (/*CONSTCOND*/0)

#endif /* !_SYS_QUEUE_H_ */
