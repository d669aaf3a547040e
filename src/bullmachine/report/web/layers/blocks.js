Bull.layer("blocks", Bull.evidence({ title: "Order blocks", mark: Bull.zones([]) }));
