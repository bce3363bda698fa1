from importer.variants import MAX_VARIANTS, VariantGroups, group_name, split_name


def groups_of(*products: tuple[str, str], category: str = "Shoes") -> list[str | None]:
    variants = VariantGroups()
    for title, colour in products:
        variants.add(title, colour, category, "Men")
    return [variants.group_of(title, colour, category, "Men") for title, colour in products]


def test_one_style_in_two_colours() -> None:
    first, second = groups_of(
        ("Puma Men's Coupe Black Shoe", "Black"), ("Puma Men Coupe Navy Blue Shoe", "Navy Blue")
    )
    assert first == second
    assert first is not None
    assert first.startswith("puma-men-coupe-shoe-")


def test_another_style_category_or_gender_is_another_group() -> None:
    styles = {
        split_name("Puma Men Coupe Black Shoe", "Black", "Shoes", "Men")[0],
        split_name("Puma Men Cabana Black Shoe", "Black", "Shoes", "Men")[0],
        split_name("Puma Men Coupe Black Shoe", "Black", "Sandals", "Men")[0],
        split_name("Puma Men Coupe Black Shoe", "Black", "Shoes", "Boys")[0],
    }
    assert len({group_name(style) for style in styles}) == 4


def test_a_name_that_repeats_in_one_colour_is_no_style() -> None:
    names = [("Lucera Heart Silver Earrings", "Silver")] * 2
    assert groups_of(*names, ("Lucera Heart Gold Earrings", "Gold")) == [None, None, None]


def test_a_name_without_a_word_of_its_own_is_no_style() -> None:
    assert groups_of(
        ("Gas Men Black Shoe", "Black"), ("Gas Men Blue Shoe", "Blue"), category="Shoes"
    ) == [None, None]


def test_a_single_colour_is_no_group() -> None:
    assert groups_of(("Puma Men Coupe Black Shoe", "Black")) == [None]


def test_too_many_variants_are_no_group() -> None:
    colours = [f"tint{n}" for n in range(MAX_VARIANTS + 1)]
    named = [(f"Puma Coupe {colour} Shoe", colour) for colour in colours]
    assert set(groups_of(*named)) == {None}
    assert len(set(groups_of(*named[:-1]))) == 1


def test_the_colour_attribute_tells_what_the_name_does_not() -> None:
    first, second = groups_of(("Nike Air Max VT", "Black"), ("Nike Air Max VT", "White"))
    assert first == second
    assert first is not None
