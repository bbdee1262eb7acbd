#!/bin/sh
# A folder of 40 odd files, as they lie in people's folders: 28 that are pictures, under odd names, and 12 that are
# none, under pictures' names.
#
#   tests/odd_folder.sh PICTURE.png FOLDER
set -eu
picture=$1 folder=$2
mkdir -p "$folder"
esc=$(printf '\033') bell=$(printf '\007') byte=$(printf '\377')
# A line feed at a text's end would be lost.
line=$(printf 'two\nlines')
long=$(printf '%0200d' 0)
for name in plain "with space" " space first" "space last " "two  spaces" UPPER upper "ünïcode" "日本語" "🎨" "-dash" \
    "--json" "a;rm" "quo'te" 'quo"te' 'dol$lar' 'back\slash' "per%cent" "%00" "ha#sh" "qu?stion" "st*r" "&amp" \
    "<tag>" "${esc}[31mred" "bell$bell" "$line" "$long"; do
    cp "$picture" "$folder/$name.png"
done
# The bytes of no text, and names that only other disks take for one.
mv "$folder/plain.png" "$folder/no${byte}text.png"
mv "$folder/&amp.png" "$folder/$(printf 'U\314\210NI\314\210CODE').png"
: > "$folder/empty.png"
printf 'no picture' > "$folder/text.png"
printf '\211PNG\r\n\032\n' > "$folder/begun.png"
head -c 100 "$picture" > "$folder/cut.png"
head -c "$(($(wc -c < "$picture") / 2))" "$picture" > "$folder/cut later.png"
printf '\377\330\377' > "$folder/begun.jpg"
printf 'GIF89a' > "$folder/begun.gif"
printf 'RIFF\377\377\377\377WEBP' > "$folder/begun.webp"
printf 'BM' > "$folder/begun.bmp"
printf 'II*\000\010\000\000\000' > "$folder/begun.tif"
head -c 4096 /dev/zero > "$folder/zeros.png"
{ cat "$picture"; head -c 1000 /dev/zero; } | tr '\000' '\001' > "$folder/scrambled.png"
