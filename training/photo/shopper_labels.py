"""Which article types of the catalogue answer each label of the photos by people.

"Other" and "Not sure" name no kind, so photos with these labels are left out.
"""

from __future__ import annotations

ARTICLE_TYPES: dict[str, frozenset[str]] = {
    "T-Shirt": frozenset({"Tshirts", "Lounge Tshirts"}),
    "Longsleeve": frozenset({"Tshirts", "Sweatshirts", "Sweaters", "Tops"}),
    "Pants": frozenset(
        {
            "Trousers",
            "Jeans",
            "Track Pants",
            "Lounge Pants",
            "Leggings",
            "Jeggings",
            "Capris",
            "Rain Trousers",
        }
    ),
    "Shoes": frozenset(
        {
            "Casual Shoes",
            "Sports Shoes",
            "Formal Shoes",
            "Heels",
            "Flats",
            "Sandals",
            "Sports Sandals",
            "Flip Flops",
            "Booties",
        }
    ),
    "Shirt": frozenset({"Shirts"}),
    "Dress": frozenset({"Dresses", "Jumpsuit", "Nightdress"}),
    "Outwear": frozenset({"Jackets", "Rain Jacket", "Nehru Jackets", "Blazers", "Waistcoat"}),
    "Shorts": frozenset({"Shorts", "Lounge Shorts", "Boxers"}),
    "Hat": frozenset({"Caps", "Hat"}),
    "Skirt": frozenset({"Skirts"}),
    "Polo": frozenset({"Tshirts"}),
    "Undershirt": frozenset({"Innerwear Vests", "Camisoles", "Tshirts"}),
    "Blazer": frozenset({"Blazers", "Jackets", "Nehru Jackets", "Waistcoat"}),
    "Hoodie": frozenset({"Sweatshirts", "Jackets", "Sweaters"}),
    "Body": frozenset({"Rompers", "Swimwear", "Shapewear", "Camisoles", "Innerwear Vests"}),
    "Top": frozenset({"Tops", "Tunics", "Camisoles", "Innerwear Vests"}),
    "Blouse": frozenset({"Tops", "Shirts", "Tunics"}),
}

BAGS = frozenset(
    {
        "Handbags",
        "Clutches",
        "Backpacks",
        "Duffel Bag",
        "Laptop Bag",
        "Messenger Bag",
        "Rucksacks",
        "Waist Pouch",
    }
)
