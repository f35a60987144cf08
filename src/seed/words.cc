#include "seed/words.h"

namespace souk::seed::words {
namespace {

constexpr Department kDepartments[] = {
    {"Kitchen",
     {{{"Coffee Grinders", "Coffee Grinder", 59},
       {"Kettles", "Kettle", 45},
       {"Cookware", "Saucepan", 49},
       {"Knives", "Chef's Knife", 39},
       {"Tableware", "Dinner Plate Set", 54},
       {"Bakeware", "Loaf Tin", 19}}},
     {"Brushed Steel", "Enamelled", "Copper", "Stoneware", "Walnut", "Matte Black"}},
    {"Home",
     {{{"Table Lamps", "Table Lamp", 69},
       {"Cushions", "Cushion", 24},
       {"Rugs", "Rug", 129},
       {"Vases", "Vase", 29},
       {"Candles", "Scented Candle", 18},
       {"Wall Clocks", "Wall Clock", 39}}},
     {"Linen", "Wool", "Ceramic", "Rattan", "Smoked Glass", "Oak"}},
    {"Furniture",
     {{{"Armchairs", "Armchair", 389},
       {"Desks", "Desk", 329},
       {"Bookcases", "Bookcase", 219},
       {"Bed Frames", "Bed Frame", 459},
       {"Dining Tables", "Dining Table", 549},
       {"Side Tables", "Side Table", 99}}},
     {"Solid Oak", "Walnut", "Ash", "Bouclé", "Velvet", "Powder-Coated Steel"}},
    {"Electronics",
     {{{"Headphones", "Headphones", 129},
       {"Keyboards", "Keyboard", 89},
       {"Monitors", "Monitor", 279},
       {"Loudspeakers", "Loudspeaker", 149},
       {"Chargers", "Charger", 29},
       {"Webcams", "Webcam", 69}}},
     {"Wireless", "Aluminium", "Graphite", "USB-C", "Low-Latency", "Noise-Cancelling"}},
    {"Garden",
     {{{"Secateurs", "Secateurs", 27},
       {"Planters", "Planter", 34},
       {"Watering Cans", "Watering Can", 25},
       {"Garden Chairs", "Garden Chair", 89},
       {"Bird Feeders", "Bird Feeder", 22},
       {"Garden Hoses", "Garden Hose", 49}}},
     {"Galvanised", "Teak", "Terracotta", "Weatherproof", "Forged", "Recycled"}},
    {"Outdoor",
     {{{"Tents", "Tent", 239},
       {"Sleeping Bags", "Sleeping Bag", 119},
       {"Rucksacks", "Rucksack", 109},
       {"Head Torches", "Head Torch", 35},
       {"Camping Stoves", "Camping Stove", 49},
       {"Water Bottles", "Water Bottle", 22}}},
     {"Ultralight", "Ripstop", "Titanium", "Insulated", "Waterproof", "Merino"}},
    {"Sport",
     {{{"Running Shoes", "Running Shoe", 109},
       {"Yoga Mats", "Yoga Mat", 39},
       {"Dumbbells", "Dumbbell Pair", 44},
       {"Cycling Helmets", "Cycling Helmet", 74},
       {"Swimming Goggles", "Swimming Goggles", 19},
       {"Climbing Ropes", "Climbing Rope", 139}}},
     {"Cushioned", "Cork", "Neoprene", "Carbon", "Anti-Fog", "Dry-Treated"}},
    {"Clothing",
     {{{"Jackets", "Jacket", 119},
       {"Shirts", "Shirt", 49},
       {"Jumpers", "Jumper", 69},
       {"Trousers", "Trousers", 74},
       {"Scarves", "Scarf", 29},
       {"Socks", "Pair of Socks", 12}}},
     {"Organic Cotton", "Lambswool", "Linen", "Waxed Canvas", "Corduroy", "Cashmere"}},
    {"Toys",
     {{{"Building Blocks", "Block Set", 29},
       {"Puzzles", "Puzzle", 17},
       {"Dolls", "Doll", 26},
       {"Model Trains", "Model Train", 79},
       {"Board Games", "Board Game", 34},
       {"Kites", "Kite", 21}}},
     {"Beech", "Hand-Painted", "Magnetic", "Travel-Size", "Cotton", "Glow-in-the-Dark"}},
    {"Stationery",
     {{{"Notebooks", "Notebook", 14},
       {"Fountain Pens", "Fountain Pen", 42},
       {"Pencil Cases", "Pencil Case", 16},
       {"Desk Organisers", "Desk Organiser", 27},
       {"Calendars", "Calendar", 15},
       {"Paper Cutters", "Paper Cutter", 31}}},
     {"Clothbound", "Brass", "Vegetable-Tanned", "Dotted", "Birch", "Recycled Paper"}},
    {"Beauty",
     {{{"Hand Creams", "Hand Cream", 13},
       {"Soaps", "Soap", 8},
       {"Hairbrushes", "Hairbrush", 22},
       {"Razors", "Razor", 36},
       {"Bath Salts", "Bath Salt", 15},
       {"Perfumes", "Eau de Parfum", 72}}},
     {"Lavender", "Cedarwood", "Unscented", "Bergamot", "Olive", "Sea Buckthorn"}},
    {"Tools",
     {{{"Screwdrivers", "Screwdriver Set", 29},
       {"Drills", "Cordless Drill", 119},
       {"Hammers", "Hammer", 24},
       {"Saws", "Hand Saw", 32},
       {"Spirit Levels", "Spirit Level", 26},
       {"Toolboxes", "Toolbox", 54}}},
     {"Chrome Vanadium", "Hickory", "Brushless", "Shock-Proof", "Fine-Toothed", "Magnetic"}},
};

constexpr Ranges kRanges{"Everyday", "Premium", "Compact", "Professional"};

constexpr std::string_view kBrands[] = {
    "Norvik",  "Almar",    "Tessuto",   "Brightwell", "Kestrel",  "Ostara",   "Fjordline",
    "Marlowe", "Helio",    "Quillon",   "Sabine",     "Tiverton", "Umbra",    "Verdant",
    "Wexford", "Zephyr",   "Ardent",    "Bellamy",    "Corvus",   "Dunmore",  "Everly",
    "Falkner", "Grisham",  "Hawthorne", "Isolde",     "Juniper",  "Kinross",  "Lumen",
    "Mistral", "Nocturne", "Orrin",     "Pemberton",  "Rowan",    "Solstice", "Thornbury",
    "Ulmer",   "Valdez",   "Whitby",    "Yarrow",     "Zinnia"};

constexpr std::string_view kSeries[] = {
    "Alba",  "Boreal", "Cirrus", "Delta",  "Ember",  "Flora", "Gale",   "Harbour", "Iris",
    "Jade",  "Kelp",   "Lark",   "Meadow", "Nova",   "Onyx",  "Pebble", "Quartz",  "Ridge",
    "Slate", "Tide",   "Union",  "Vista",  "Willow", "Xenon", "Yonder", "Zenith",  "Atlas",
    "Birch", "Comet",  "Dune",   "Echo",   "Fable",  "Grove", "Halo",   "Inlet",   "Juno",
    "Koda",  "Linden", "Mira",   "Nimbus", "Opal",   "Prism", "Quest",  "River",   "Sable",
    "Terra", "Unity",  "Vale",   "Wren",   "Zest"};

constexpr std::string_view kOpenings[] = {
    "The {series} is the {thing} that {brand} makes for people who would rather buy once: "
    "{material} where it is touched every day, sturdy where nobody looks, and simple enough that "
    "the instructions fit on one side of a card.",
    "Designed over two winters and tested by forty households, this {material} {thing} from "
    "{brand} does the one thing you want from it quietly and well, and looks at home beside "
    "anything you already own.",
    "A modern reading of a classic: {brand} kept the proportions of the original {thing} and "
    "changed everything that used to annoy its owners, from the finish, now {material}, to the "
    "way it packs away.",
    "If you have been looking for a {thing} that does not need replacing after a year, the "
    "{brand} {series} is a good place to stop looking: {material}, repairable, and made in small "
    "batches with parts that remain available for ten years.",
    "Small enough for a first flat and good enough for the last one, the {series} {thing} brings "
    "{brand}'s workshop quality to a price that does not need an occasion.",
    "Our buyers compared nineteen models before choosing this one: the {material} {thing} by "
    "{brand} won on comfort and durability, and lost only on weight, by the width of a postcard.",
    "Made for daily use rather than for the display cabinet, {brand}'s {thing} in {material} "
    "ages gracefully, cleans easily and forgives the occasional fall.",
    "There is nothing clever about the {series}, and that is the point: a {material} {thing} "
    "with honest joints, generous tolerances and a shape that has been right for a hundred years.",
    "{brand} started with a single {thing} on a kitchen table; the {series} is its eleventh "
    "version, now in {material}, with every suggestion that customers sent in over the years.",
    "Light, calm and precise, this {thing} turns a chore into something to look forward to; the "
    "{material} finish is applied by hand, so no two pieces are quite alike.",
};

constexpr std::string_view kQualities[] = {
    "The surface is treated with a plant-based finish that resists water, fingerprints and "
    "sunlight, and can be renewed at home with a soft cloth in under five minutes.",
    "All load-bearing parts are joined rather than glued, every screw is standard, and the "
    "complete set of spare parts is listed on the last page of the manual.",
    "Independent testing over 10,000 cycles showed no measurable wear; the certificate, including "
    "the things it did less well, is published on the maker's site.",
    "It is free of PVC, BPA and phthalates, shipped without a gram of plastic, and certified by "
    "two laboratories that were not paid by the same people.",
    "Balanced so that it sits naturally in either hand, with rounded edges and a grip that stays "
    "secure when wet, it suits left-handed and right-handed people alike.",
    "A double-wall construction keeps noise and vibration down: at arm's length it is quieter "
    "than an ordinary conversation, even after years of use.",
    "The colours are dyed through and not printed on, so that scratches stay invisible; choose a "
    "muted tone to blend in or the limited ochre edition to stand out.",
    "Raw materials come from suppliers within 300 kilometres, the energy from the workshop's own "
    "roof, and off-cuts go back into the furnace instead of the bin.",
    "Two sizes of fastening are included for thick and thin mounting, together with a template, "
    "a short film and a telephone number answered by someone who has done it.",
    "Thanks to its modular build it can be taken apart without tools, rinsed under the tap and "
    "put back together before the kettle has boiled.",
    "Tolerances are held to a tenth of a millimetre, which is more than anybody needs and exactly "
    "why lids close with a click and hinges do not sag.",
    "It carries the energy label A, draws less than half a watt in standby and switches itself "
    "off completely when it has not been used for an hour.",
};

constexpr std::string_view kUses[] = {
    "Customers use it in small studios, family kitchens, holiday cottages and at least one "
    "lighthouse; most of them order a second one as a present within the year.",
    "Whether you are just beginning or have done this for decades, you will find that it stays "
    "out of the way: no modes, no app, no subscription, only a {thing}.",
    "It pairs well with the rest of the {series} family, stacks with the older generation and "
    "fits the same accessories, so that nothing you own becomes obsolete.",
    "On a rainy Sunday it is a pleasure, on a busy Monday it is a relief; keep it within reach "
    "and it will repay the space it takes.",
    "Ideal for moving house, starting out or starting over, and robust enough for schools, "
    "offices and shared flats where things do not always get the care they deserve.",
    "Give it a week before you judge it: the first impression is modest, the second is respect, "
    "and by the third you will have stopped noticing it, which is the highest praise we know.",
    "For travel it packs flat into the cotton bag supplied; for winter storage it needs a dry "
    "shelf and nothing else.",
    "Reviewers mention the weight, the silence and the smell of the packaging, in that order; "
    "the most frequent complaint is that relatives keep borrowing it.",
};

constexpr std::string_view kClosings[] = {
    "Two-year guarantee, thirty days to change your mind, and free repair advice for life.",
    "Dispatched within one working day from our warehouse in Rotterdam; bulky sizes are carried "
    "to the room of your choice.",
    "Wipe clean with a damp cloth. Do not use solvents; do not put in the dishwasher.",
    "Packed in recycled cardboard that doubles as storage. Contents: one {thing}, one manual, one "
    "sticker.",
    "Assembled in Portugal from European parts. Registered design.",
    "Suitable for gifts: tick the box at checkout and we leave out the invoice.",
    "Replacement parts and refills are sold separately and stay available for at least ten years.",
    "Care: air regularly, keep out of direct sunlight, oil or wax twice a year.",
    "Limited stock of the previous colour remains while it lasts; the new one arrives in spring.",
    "One per cent of every sale goes to the repair cafés of Utrecht, Leipzig and Málaga.",
};

constexpr std::string_view kFirstNames[] = {
    "Anna",  "Ben",    "Clara",  "David",  "Elena",  "Felix", "Greta",  "Hugo",   "Ines",
    "Jonas", "Katja",  "Luca",   "Marta",  "Nils",   "Olga",  "Pablo",  "Rosa",   "Samuel",
    "Tessa", "Ulrich", "Vera",   "Willem", "Yara",   "Zoe",   "Amir",   "Bianca", "Carlos",
    "Dana",  "Emil",   "Fatima", "Goran",  "Hanna",  "Ivan",  "Julia",  "Kofi",   "Lena",
    "Mateo", "Nora",   "Oskar",  "Paula",  "Rafael", "Sofia", "Thomas", "Ursula", "Viktor",
    "Wanda", "Xenia",  "Yusuf",  "Zora",   "Adele",  "Bruno", "Celine", "Dario",  "Eva",
    "Frida", "Gustav", "Heidi",  "Igor",   "Jana",   "Karim"};

constexpr std::string_view kLastNames[] = {
    "Albers",   "Bakker",  "Conti",    "Dubois",   "Esposito", "Fischer",  "Garcia",  "Hoffmann",
    "Ivanova",  "Jansen",  "Keller",   "Lambert",  "Moreau",   "Novak",    "Olsen",   "Petit",
    "Quintana", "Rossi",   "Schmidt",  "Torres",   "Ulbrich",  "Visser",   "Wagner",  "Ximenez",
    "Yilmaz",   "Zimmer",  "Aksoy",    "Bianchi",  "Costa",    "de Vries", "Eriksen", "Fontaine",
    "Greco",    "Horvat",  "Iglesias", "Jung",     "Kowalski", "Leroy",    "Martin",  "Nagy",
    "Ortega",   "Popescu", "Romero",   "Santos",   "Tanaka",   "Urban",    "Varga",   "Weber",
    "Young",    "Zanetti", "Andersen", "Brandt",   "Caruso",   "Dahl",     "Engel",   "Ferrari",
    "Gruber",   "Hansen",  "Isaksen",  "Jovanovic"};

constexpr std::string_view kStreets[] = {
    "Lindenallee", "Hauptstraße",    "Rue du Moulin",    "Via Garibaldi", "Calle Mayor",
    "Kerkstraat",  "Bahnhofstraße",  "Rue Victor Hugo",  "Via Roma",      "Calle del Sol",
    "Stationsweg", "Gartenweg",      "Place de la Paix", "Corso Italia",  "Avenida de la Luz",
    "Molenstraat", "Am Alten Markt", "Quai des Fleurs",  "Piazza Dante",  "Rambla Nova"};

constexpr City kCities[] = {
    {"Berlin", "10115", "DE"},      {"Hamburg", "20095", "DE"},     {"München", "80331", "DE"},
    {"Köln", "50667", "DE"},        {"Leipzig", "04109", "DE"},     {"Freiburg", "79098", "DE"},
    {"Paris", "75011", "FR"},       {"Lyon", "69002", "FR"},        {"Nantes", "44000", "FR"},
    {"Besançon", "25000", "FR"},    {"Milano", "20121", "IT"},      {"Torino", "10121", "IT"},
    {"Bologna", "40121", "IT"},     {"Madrid", "28004", "ES"},      {"Málaga", "29001", "ES"},
    {"Bilbao", "48001", "ES"},      {"Amsterdam", "1012 AB", "NL"}, {"Utrecht", "3511 AA", "NL"},
    {"Rotterdam", "3011 AD", "NL"}, {"Wien", "1010", "AT"},         {"Graz", "8010", "AT"},
    {"Liège", "4000", "BE"},        {"Gent", "9000", "BE"},         {"Luxembourg", "1116", "LU"}};

}  // namespace

std::span<const Department> departments() { return kDepartments; }
const Ranges& ranges() { return kRanges; }
std::span<const std::string_view> brands() { return kBrands; }
std::span<const std::string_view> series() { return kSeries; }
std::span<const std::string_view> openings() { return kOpenings; }
std::span<const std::string_view> qualities() { return kQualities; }
std::span<const std::string_view> uses() { return kUses; }
std::span<const std::string_view> closings() { return kClosings; }
std::span<const std::string_view> first_names() { return kFirstNames; }
std::span<const std::string_view> last_names() { return kLastNames; }
std::span<const std::string_view> streets() { return kStreets; }
std::span<const City> cities() { return kCities; }

}  // namespace souk::seed::words
