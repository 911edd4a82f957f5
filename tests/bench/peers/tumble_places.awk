# tumble_places - rows of this one layout taken apart by the place of characters:
# sensor_id is 14 and 15, the temperature begins at 31, the time at 25
# characters before the end.
# SPDX-License-Identifier: ISC

{ add(substr($0, length($0) - 24, 18), substr($0, 14, 2), substr($0, 31)) }
