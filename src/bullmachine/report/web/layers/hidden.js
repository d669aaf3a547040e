Bull.layer("hidden", Bull.evidence({ title: "Hidden blocks", mark: Bull.zones([4, 3]) }));
