# tumble_columns - rows of this one layout taken apart as columns between JSON's
# punctuation, whose numbers are hard-coded.
# SPDX-License-Identifier: ISC

BEGIN { FS = "[{}\":,]+" }
{ add($7 ":" $8 ":" substr($9, 1, 1), $3, $5) }
